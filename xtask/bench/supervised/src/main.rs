//! The program of the benchmarks, under selfup.

use std::{io, process::ExitCode};

use axum::{Router, routing::get};

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    selfup::run(selfup::Config::new(program).address(address))
}

fn program(state: selfup::State) -> io::Result<()> {
    let answer = format!("pid={}\n", std::process::id());
    let router = Router::new().route("/", get(async move || answer.clone()));
    tokio::runtime::Runtime::new()?.block_on(selfup_tokio::axum::serve(state.listener(), router))
}
