//! Graceful restarts and nothing else: put a new executable in place, send SIGUSR2.
//!
//! Listens on 127.0.0.1:3000, or on the address given, and serves one line to each connection.

use std::{io, io::Write, process::ExitCode};

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    selfup::run(selfup::Config::new(program).address(address))
}

fn program(state: selfup::State) -> io::Result<()> {
    for connection in state.take_listener().incoming() {
        let line = format!("generation {}, pid {}\n", state.generation(), std::process::id());
        if let Err(error) = connection?.write_all(line.as_bytes()) {
            eprintln!("a client went away: {error}");
        }
    }
    Ok(())
}
