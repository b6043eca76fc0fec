//! Real signals to real processes.
//!
//! Handlers and masks belong to a whole process and its threads, so every subject of a test is a
//! process of its own with one thread: this executable again, as one of the [`actor`]s. That is why
//! there is a `main` here instead of the standard harness; `cargo test NAME` works as usual.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "these are tests, and starting processes is what they do"
)]

mod actor;
mod blocked;
mod child;
mod held;
mod mirror;
mod receive;
mod stop;
mod subject;
mod wrapped;

// The example is one of the actors.
#[path = "../../examples/wrapper.rs"]
#[allow(dead_code, reason = "its main is not ours")]
mod wrapper;

use selfup_signals::{Signal, unignore};
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

/// No test takes more than a second or two; a minute means that something hangs.
const DEADLINE_SECONDS: u32 = 60;

/// A name and what to run.
type Test = (&'static str, fn());

const TESTS: &[&[Test]] = &[
    receive::TESTS,
    blocked::TESTS,
    child::TESTS,
    wrapped::TESTS,
    mirror::TESTS,
    stop::TESTS,
    held::TESTS,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--actor", rest)) = arguments.split_first().map(|(name, rest)| (&**name, rest)) {
        actor::play(rest);
        return ExitCode::SUCCESS;
    }
    // What nohup(1) ignored for the tests is not to be ignored in their subjects.
    unignore(Signal::HUP).unwrap();
    let listing = arguments.iter().any(|argument| argument == "--list");
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    let (mut passed, mut failed) = (0, 0);
    for (name, test) in TESTS.concat().into_iter().filter(|(name, _)| wanted(name)) {
        if listing {
            println!("{name}: test");
            continue;
        }
        // SIGALRM ends this process, and with it every pipe that a subject waits on; the name of
        // the test that hangs is then the last word.
        print!("test {name} ... ");
        io::stdout().flush().unwrap();
        nix::unistd::alarm::set(DEADLINE_SECONDS);
        let ok = panic::catch_unwind(test).is_ok();
        println!("{}", if ok { "ok" } else { "FAILED" });
        *(if ok { &mut passed } else { &mut failed }) += 1;
    }
    if !listing {
        println!("\ntest result: {passed} passed; {failed} failed");
    }
    ExitCode::from(u8::from(failed > 0))
}
