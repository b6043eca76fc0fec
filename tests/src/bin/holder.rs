//! A server whose connections last as long as their clients want: it says `#N PID` at once, and
//! `bye` when the client has nothing more to say.
//!
//! - `address=ADDRESS` is where it listens; `terminate=MILLISECONDS` is the terminate timeout.
//! - `stubborn` does not end when it is to drain.
//! - While there is a file `broken`, it exits with 1 before it is ready.
//!
//! The Nth generation waits at `gate-N` before it takes its socket.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test looks at what it does")]

use selfup::{Config, Connection, State, Verbosity};
use selfup_tests::gate;
use selfup_tests::subject::{given, option};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{self, ExitCode};
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    let address: String = option("address").unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let mut config = Config::new(program)
        .address(address)
        // Nothing here is to end because of the time it takes.
        .idle_grace(Duration::from_secs(60))
        .verbosity(Verbosity::Debug);
    if let Some(milliseconds) = option("terminate") {
        config = config.terminate_timeout(Duration::from_millis(milliseconds));
    }
    selfup::run(config)
}

fn program(state: State) -> ExitCode {
    let generation = state.generation();
    println!("#{generation} runs as {}", process::id());
    if Path::new("broken").exists() {
        return ExitCode::FAILURE;
    }
    gate::pass(&format!("gate-{generation}"));
    for connection in state.take_listener().incoming() {
        let connection = connection.unwrap();
        thread::spawn(move || hold(&connection, generation));
    }
    println!("#{generation} drains");
    while given("stubborn") {
        thread::park();
    }
    ExitCode::SUCCESS
}

fn hold(mut connection: &Connection, generation: u64) -> io::Result<()> {
    connection.write_all(format!("#{generation} {}\n", process::id()).as_bytes())?;
    connection.read_to_end(&mut Vec::new())?;
    connection.write_all(b"bye\n")
}
