//! The program of the benchmarks, by itself: what `supervised` is measured against.

use std::io;

use axum::{Router, body::Bytes, routing::get};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let answer = format!("pid={}\n", std::process::id());
    let posted = answer.clone();
    let route = get(async move || answer.clone()).post(async move |_: Bytes| posted.clone());
    let router = Router::new().route("/", route);
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let mut terminated = signal(SignalKind::terminate())?;
        let terminated = async move { terminated.recv().await.unwrap_or_default() };
        axum::serve(listener, router).with_graceful_shutdown(terminated).await
    })
}
