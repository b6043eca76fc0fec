//! A program that starts another one, `cat` or its arguments, on its own streams, and ends when that
//! does, with 1 if that failed.

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
    let taken = state.take_listener_named("taken").unwrap();
    let datagrams = state.take_udp_socket("datagrams").unwrap();
    let mut words = std::env::args_os().skip(1);
    let mut command = Command::new(words.next().unwrap_or_else(|| "cat".into()));
    let mut other = command.args(words).spawn().unwrap();
    println!("{} {}", process::id(), other.id());
    let ended = other.wait().unwrap();
    drop((taken, datagrams));
    ExitCode::from(u8::from(!ended.success()))
}
