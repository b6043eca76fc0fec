//! A program that starts another one, `cat`, on its own streams, and ends when that does.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test looks at what it does"
)]

use selfup::{Config, State};
use std::process::{self, Command, ExitCode};

fn main() -> ExitCode {
    let config = Config::new(program)
        .listen("taken", "127.0.0.1:0")
        .listen("left", "127.0.0.1:0")
        .listen("datagrams", "udp://127.0.0.1:0");
    selfup::run(config)
}

fn program(state: State) -> ExitCode {
    let taken = state.take_listener("taken").unwrap();
    let datagrams = state.take_udp("datagrams").unwrap();
    let mut cat = Command::new("cat").spawn().unwrap();
    println!("{} {}", process::id(), cat.id());
    let ended = cat.wait().unwrap();
    drop((taken, datagrams));
    ExitCode::from(u8::from(!ended.success()))
}
