//! The program of the benchmarks, by itself: what `supervised` is measured against.

use std::{future::pending, io};

use axum::{Router, body::Bytes, routing::get};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};

fn main() -> io::Result<()> {
    let addresses = std::env::args().skip(1);
    let response = format!("pid={}\n", std::process::id());
    let posted = response.clone();
    let route = get(async move || response.clone()).post(async move |_: Bytes| posted.clone());
    let router = Router::new().route("/", route).route("/held", get(pending::<()>));
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut servers = JoinSet::new();
        for address in addresses {
            let listener = TcpListener::bind(address).await?;
            let mut terminated = signal(SignalKind::terminate())?;
            let terminated = async move { terminated.recv().await.unwrap_or_default() };
            let server = axum::serve(listener, router.clone()).with_graceful_shutdown(terminated);
            servers.spawn(server.into_future());
        }
        servers.join_all().await.into_iter().collect()
    })
}
