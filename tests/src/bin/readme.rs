//! The first program of the README, with an address from the command line and no source: a test
//! holds the two against each other.

#![allow(clippy::unwrap_used, reason = "the test says where")]

use std::{io::Write, process::ExitCode};

selfup::release!(); // its name and version, as in Cargo.toml

fn main() -> ExitCode {
    selfup::run(selfup::Config::new(program).address(std::env::args().nth(1).unwrap()))
}

fn program(state: selfup::State) -> std::io::Result<()> {
    for connection in state.take_listener().incoming() {
        // A client that has gone is no reason to end.
        let _gone = writeln!(connection?, "app ({}) says hello", state.id());
    }
    Ok(()) // drained: a successor serves
}
