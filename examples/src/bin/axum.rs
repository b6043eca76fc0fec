//! An axum server on tokio: restarts, upgrades and stops without losing a request.
//!
//! `axum [--address HOST:PORT] [--url URL]`: `GET /` says hello, `GET /slow?ms=N` after N ms,
//! `POST /echo` sends the body back. With a URL, it upgrades itself from there.

#![allow(clippy::print_stderr, reason = "it talks to a person")]

use std::{env, io, process::ExitCode, time::Duration};

use axum::{
    Router,
    extract::Query,
    routing::{get, post},
};
use selfup::State;

fn main() -> ExitCode {
    selfup::sanity_check();
    let (mut address, mut url) = ("127.0.0.1:3000".to_owned(), None);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        match (option.as_str(), arguments.next()) {
            ("--address", Some(value)) => address = value,
            ("--url", Some(value)) => url = Some(value),
            _ => {
                eprintln!("usage: axum [--address HOST:PORT] [--url URL]");
                return ExitCode::from(2);
            }
        }
    }
    let mut config = selfup::Config::new(program).address(address);
    if let Some(url) = url {
        // Without a trusted_key, anyone who controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let hello = format!("hello from pid={} ({})\n", std::process::id(), state.id());
    let slow = hello.clone();
    let router = Router::new()
        .route("/", get(async move || hello.clone()))
        .route(
            "/slow",
            get(async move |Query(Slow { ms }): Query<Slow>| {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                slow.clone()
            }),
        )
        .route("/echo", post(async |body: String| body));
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(selfup_tokio::axum::serve(state.take_listener(), router))
}

#[derive(serde::Deserialize)]
struct Slow {
    ms: u64,
}
