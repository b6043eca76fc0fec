//! The program of the benchmarks, under selfup.

use std::{io, process::ExitCode};

use axum::{Router, body::Bytes, routing::get};

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    selfup::run(selfup::Config::new(program).address(address))
}

fn program(state: selfup::State) -> io::Result<()> {
    let answer = format!("pid={}\n", std::process::id());
    let posted = answer.clone();
    let route = get(async move || answer.clone()).post(async move |_: Bytes| posted.clone());
    let router = Router::new().route("/", route);
    tokio::runtime::Runtime::new()?.block_on(selfup_tokio::axum::serve(state.listener(), router))
}
