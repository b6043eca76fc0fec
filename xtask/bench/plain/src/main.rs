//! The program of the benchmarks, by itself: what `supervised` is measured against.

use std::io;

use axum::{Router, routing::get};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let answer = format!("pid={}\n", std::process::id());
    let router = Router::new().route("/", get(async move || answer.clone()));
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        axum::serve(listener, router).await
    })
}
