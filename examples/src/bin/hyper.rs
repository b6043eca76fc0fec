//! A server on hyper alone, HTTP/1 and HTTP/2 on the same port: restarts, upgrades and stops
//! without losing a request.
//!
//! `hyper [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. `GET /` says hello, `GET /slow?ms=N` after N ms, `POST /echo` sends the body
//! back.

use std::{env, io, process::ExitCode, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    service::service_fn,
};
use selfup::State;

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".into());
    let mut config = selfup::Config::new(program).address(address);
    if let Some(url) = arguments.next() {
        // Without a trusted_key, anyone who controls the source controls the program: an example has no
        // key of its own, a program that is published sets one.
        config = config.fetcher(selfup::fetch::Http::new(url));
    }
    selfup::run(config)
}

fn program(state: State) -> io::Result<()> {
    let hello = format!("hello from pid={} ({})\n", std::process::id(), state.id());
    let service = service_fn(move |request| answer(hello.clone(), request));
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(selfup_tokio::hyper::serve(state.take_listener(), service))
}

async fn answer(
    hello: String,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let query = request.uri().query().unwrap_or_default();
    let body = match request.uri().path() {
        "/" => hello.into(),
        "/slow" => {
            let ms = query.strip_prefix("ms=").and_then(|ms| ms.parse().ok()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(ms)).await;
            hello.into()
        }
        "/echo" => request.into_body().collect().await?.to_bytes(),
        _ => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    Ok(Response::new(Full::new(body)))
}
