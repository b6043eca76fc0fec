//! A web server that upgrades itself from the source in its arguments.
//!
//! - `file=PATH`, `http=URL`, `manifest=URL`, `github=URL`, that of the API, or `s3=ENDPOINT` names
//!   the source.
//! - `address=HOST:PORT` is the address to listen on.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test looks at what it does")]

use axum::{
    Router,
    routing::{get, post},
};
use selfup::fetch::{File, GitHub, Http};
use selfup::{Config, State};
use selfup_tests::source::Bucket;
use selfup_tests::subject::option;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    selfup::sanity_check();
    let address: String = option("address").unwrap();
    let mut config = Config::new(program)
        .address(address)
        .min_fetch_interval(INTERVAL)
        .probation(Duration::from_millis(100))
        .idle_grace(Duration::from_millis(500))
        .on_event(|event| println!("{event}"));
    if let Some(path) = option::<PathBuf>("file") {
        config = config.fetcher(File::new(path).quiet(Duration::ZERO));
    }
    if let Some(url) = option::<String>("http") {
        config = config.fetcher(Http::new(url).proxy_from_env(false));
    }
    if let Some(url) = option::<String>("manifest") {
        config = config.fetcher(Http::manifest(url).proxy_from_env(false));
    }
    if let Some(url) = option::<String>("github") {
        let github = GitHub::new("example", "app").base_url(url).asset("app");
        config = config.fetcher(github.proxy_from_env(false).interval(INTERVAL));
    }
    if let Some(endpoint) = option::<String>("s3") {
        config = config.fetcher(Bucket::released(&endpoint));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let hello = format!("hello from pid={} ({})\n", std::process::id(), state.id());
    let router = Router::new()
        .route("/", get(async move || hello.clone()))
        .route("/echo", post(async |body: String| body));
    let runtime = tokio::runtime::Runtime::new()?;
    let listener = state.take_listener();
    println!("listens on {}", state.addresses().join(" "));
    runtime.block_on(selfup_tokio::axum::serve(listener, router))
}
