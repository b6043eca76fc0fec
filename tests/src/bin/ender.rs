//! A program that ends at once: `exit=CODE`, `signal=SIGNAL`, `panic`, or `error`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "asked for")]

use selfup::{Config, Signal, State, Verbosity};
use selfup_signals::{Pid, send};
use selfup_tests::subject::{given, option};
use std::io;
use std::process::{ExitCode, Termination};

fn main() -> ExitCode {
    selfup::run(Config::new(program).verbosity(Verbosity::Debug))
}

fn program(_state: State) -> ExitCode {
    // What only the child has in its memory.
    let mark = std::hint::black_box(format!("the memory of {}", std::process::id()));
    if given("panic") {
        panic!("as asked for");
    }
    if given("error") {
        return Err::<(), _>(io::Error::other("as asked for")).report();
    }
    if let Some(signal) = option::<Signal>("signal") {
        // The first SIGSEGV only takes the handler away that the standard library has for stack
        // overflows.
        for _ in 0..2 {
            send(Pid::this(), signal).unwrap();
        }
    }
    drop(mark);
    ExitCode::from(option("exit").unwrap_or(0))
}
