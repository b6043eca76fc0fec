//! The program of the benchmarks, under selfup.

use std::{future::pending, io, process::ExitCode, time::Duration};

use axum::{Router, body::Bytes, routing::get};
use tokio::task::JoinSet;

/// So many children finish at a time in the benchmarks, and take as long as they are made to.
const DRAINING: usize = 128;
const PATIENCE: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let addresses = std::env::args().skip(1);
    let config = selfup::Config::new(program).addresses(addresses);
    selfup::run(config.max_draining(DRAINING).terminate_timeout(PATIENCE))
}

fn program(state: selfup::State) -> io::Result<()> {
    let response = format!("pid={}\n", std::process::id());
    let posted = response.clone();
    let route = get(async move || response.clone()).post(async move |_: Bytes| posted.clone());
    let router = Router::new().route("/", route).route("/held", get(pending::<()>));
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut servers = JoinSet::new();
        for listener in state.take_listeners() {
            servers.spawn(selfup_tokio::axum::serve(listener, router.clone()));
        }
        servers.join_all().await.into_iter().collect()
    })
}
