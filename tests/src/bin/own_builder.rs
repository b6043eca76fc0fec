//! A server with hyper builders of its own, watched by `selfup_tokio::Drain::watch`.
//!
//! `own_builder http1 ADDRESS` has a timeout for the head of a request, and answers `GET /`, `GET /slow?ms=N`
//! and `POST /echo`, as does `own_builder auto ADDRESS`, which takes both protocols; `own_builder http2 ADDRESS` has
//! settings of HTTP/2, and answers gRPC's health checks.

#![allow(clippy::print_stdout, reason = "the test looks at what it says")]

use std::{error::Error, fmt::Display, future::Future, io, process::ExitCode, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use selfup::State;
use selfup_tokio::{Connection, Drain, Listener};
use tonic::service::Routes;
use tonic_health::{
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

fn main() -> ExitCode {
    let address = std::env::args().nth(2).unwrap_or_default();
    selfup::run(selfup::Config::new(program).address(address).drain_on_terminate(true))
}

fn program(state: State) -> io::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match std::env::args().nth(1).as_deref() {
            Some("http1") => serve(&state, http1_connection).await,
            Some("auto") => serve(&state, auto_connection).await,
            _ => serve(&state, http2_connection).await,
        }
    })
}

/// Serves each connection as `serve_one` does.
async fn serve<F, E>(state: &State, serve_one: fn(Connection, Drain) -> F) -> io::Result<()>
where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Display + Send,
{
    let mut listener = Listener::new(state.take_listener())?;
    let drain = listener.drain();
    while let Some(connection) = listener.accept_with_retry().await {
        let served = serve_one(connection, drain.clone());
        tokio::spawn(async {
            if let Err(error) = served.await {
                println!("a connection failed: {error}");
            }
        });
    }
    drain.none_open().await;
    Ok(())
}

async fn http1_connection(connection: Connection, drain: Drain) -> hyper::Result<()> {
    let (io, watch) = drain.watch(connection);
    let service = watch.service(service_fn(answer));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(60));
    watch.drive(builder.serve_connection(TokioIo::new(io), service)).await
}

async fn auto_connection(
    connection: Connection,
    drain: Drain,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (io, watch) = drain.watch(connection);
    let service = watch.service(service_fn(answer));
    let builder = auto::Builder::new(TokioExecutor::new());
    watch.drive(builder.serve_connection_with_upgrades(TokioIo::new(io), service)).await
}

async fn http2_connection(connection: Connection, drain: Drain) -> hyper::Result<()> {
    let (io, watch) = drain.watch(connection);
    let health = HealthServer::new(HealthService::from_health_reporter(HealthReporter::new()));
    let service = watch.service(TowerToHyperService::new(Routes::new(health).prepare()));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .keep_alive_interval(Duration::from_secs(1));
    watch.drive(builder.serve_connection(TokioIo::new(io), service)).await
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let hello = || format!("hello from pid={}\n", std::process::id()).into();
    let body = match request.uri().path() {
        "/slow" => {
            let query = request.uri().query().and_then(|query| query.strip_prefix("ms="));
            let ms = query.and_then(|ms| ms.parse().ok()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(ms)).await;
            hello()
        }
        "/echo" => request.into_body().collect().await?.to_bytes(),
        _ => hello(),
    };
    Ok(Response::new(Full::new(body)))
}
