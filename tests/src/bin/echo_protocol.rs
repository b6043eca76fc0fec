//! `echo_protocol SERVER ADDRESS`, where SERVER is `axum` or `hyper`: responds with a greeting over
//! HTTP/1, and on request upgrades the connection to a protocol that echoes every byte.

use std::{convert::Infallible, env, io, net::SocketAddr, process::ExitCode};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request, Response, StatusCode,
    header::{CONNECTION, HeaderValue, UPGRADE},
    http::Extensions,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use selfup::State;

fn main() -> ExitCode {
    selfup::sanity_check();
    let server = env::args().nth(1).unwrap_or_default();
    let address = env::args().nth(2).unwrap_or_default();
    let program = move |state| program(&state, &server);
    selfup::run(selfup::Config::new(program).address(address).drain_on_terminate(true))
}

fn program(state: &State, server: &str) -> io::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match server {
            "axum" => {
                let router = Router::new().fallback(answer::<axum::body::Body>);
                selfup_tokio::axum::serve(state.take_listener(), router).await
            }
            "hyper" => selfup_tokio::hyper::serve(state.take_listener(), service_fn(answer)).await,
            _ => Err(io::Error::other(format!("there is no server {server:?}"))),
        }
    })
}

async fn answer<B: Send + 'static>(request: Request<B>) -> Result<Response<String>, Infallible> {
    let client = client(request.extensions()).unwrap_or_default();
    let hello = format!("hello from pid={} ({client})\n", std::process::id());
    let mut response = Response::new(hello);
    if request.headers().contains_key(UPGRADE) {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.body_mut().clear();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
        tokio::spawn(echo(request));
    }
    Ok(response)
}

/// The client's address, from the extension that either server sets.
fn client(extensions: &Extensions) -> Option<String> {
    let by_axum = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    by_axum.or(extensions.get().copied()).map(|address| address.to_string())
}

/// Ends with the client.
async fn echo<B: Send + 'static>(request: Request<B>) {
    if let Ok(connection) = hyper::upgrade::on(request).await {
        let (mut from, mut to) = tokio::io::split(TokioIo::new(connection));
        drop(tokio::io::copy(&mut from, &mut to).await);
    }
}
