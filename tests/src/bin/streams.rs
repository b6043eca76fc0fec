//! Slow responses, on any of the servers.
//!
//! `streams SERVER ADDRESS GRACE TIMEOUT`, where SERVER is `axum`, `hyper`, `actix` or `std`, and the
//! idle grace and the terminate timeout are in milliseconds. `GET /` says hello. `GET /late` begins
//! its response and ends it three graces after the drain begins. `GET /endless` is never
//! answered to the end. The program returns 7.

use std::{
    convert::Infallible,
    env,
    error::Error,
    io::{self, BufRead, BufReader, Write},
    pin::Pin,
    process::ExitCode,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    rt::System,
    web,
};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Frame},
    service::service_fn,
};
use selfup::{Config, GracefulShutdown, State};
use tokio::{
    runtime::Runtime,
    sync::mpsc::{Receiver, channel},
};

fn main() -> ExitCode {
    selfup::sanity_check();
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (server, address) = (next(), next());
    let mut milliseconds = || Duration::from_millis(next().parse().unwrap_or_default());
    let (grace, timeout) = (milliseconds(), milliseconds());
    let program = move |state: State| match serve(&state, &server, grace) {
        Ok(()) => ExitCode::from(7),
        Err(_) => ExitCode::FAILURE,
    };
    let config = Config::new(program).address(address).idle_grace(grace);
    selfup::run(config.terminate_timeout(timeout).drain_on_terminate(true))
}

fn serve(state: &State, server: &str, grace: Duration) -> io::Result<()> {
    let responses = Responses { drain: state.graceful_shutdown(), grace };
    match server {
        "axum" => {
            let respond = move |request: axum::extract::Request| {
                let parts = responses.parts(request.uri().path());
                async { axum::body::Body::new(parts) }
            };
            let router = axum::Router::new().fallback(respond);
            Runtime::new()?.block_on(selfup_tokio::axum::serve(state.take_listener(), router))
        }
        "hyper" => {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let parts = responses.parts(request.uri().path());
                async { Ok::<_, Infallible>(Response::new(parts)) }
            });
            Runtime::new()?.block_on(selfup_tokio::hyper::serve(state.take_listener(), service))
        }
        "actix" => {
            let app = move || {
                let responses = responses.clone();
                App::new().default_service(web::to(move |request: HttpRequest| {
                    let parts = responses.parts(request.path());
                    async { HttpResponse::Ok().body(parts) }
                }))
            };
            let long = Duration::from_secs(600);
            let server = selfup_actix::server(app)
                .configure(|http| http.keep_alive(long).client_request_timeout(long));
            System::new().block_on(server.run(state.take_listener()))
        }
        "std" => {
            for connection in state.take_listener().incoming() {
                let (connection, responses) = (connection?, responses.clone());
                thread::spawn(move || responses.converse(&connection));
            }
            Ok(())
        }
        _ => Err(io::Error::other(format!("there is no server {server:?}"))),
    }
}

#[derive(Clone)]
struct Responses {
    drain: GracefulShutdown,
    grace: Duration,
}

impl Responses {
    /// Must be called in a runtime.
    fn parts(&self, path: &str) -> Parts {
        let (sender, parts) = channel(1);
        let (path, Self { drain, grace }) = (path.to_owned(), self.clone());
        tokio::spawn(async move {
            let first = format!("begun by pid={} ", std::process::id());
            sender.send(Bytes::from(first)).await?;
            match path.as_str() {
                "/late" => {
                    drain.await;
                    tokio::time::sleep(3 * grace).await;
                }
                "/endless" => loop {
                    sender.send(Bytes::from_static(b".")).await?;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                },
                _ => {}
            }
            sender.send(Bytes::from_static(b"done")).await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        });
        Parts(parts)
    }

    fn converse(&self, mut connection: &selfup::Connection) -> io::Result<()> {
        let mut lines = BufReader::new(connection).lines();
        while let Some(line) = lines.next().transpose()? {
            let mut header = line.clone();
            while !header.is_empty() {
                header = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
            }
            let leaving = self.drain.requested();
            let next = if leaving { "close" } else { "keep-alive" };
            write!(
                connection,
                "HTTP/1.1 200 OK\r\nConnection: {next}\r\nTransfer-Encoding: chunked\r\n\r\n"
            )?;
            let mut say = |part: &str| write!(connection, "{:x}\r\n{part}\r\n", part.len());
            say(&format!("begun by pid={} ", std::process::id()))?;
            if line.contains("/late") {
                self.drain.wait();
                pass(3 * self.grace);
            }
            while line.contains("/endless") {
                say(".")?;
                pass(Duration::from_millis(20));
            }
            say("done")?;
            write!(connection, "0\r\n\r\n")?;
            if leaving {
                break;
            }
        }
        Ok(())
    }
}

/// The body of a response, in parts.
struct Parts(Receiver<Bytes>);

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

impl MessageBody for Parts {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(Ok))
    }
}

/// A response that takes its time.
fn pass(time: Duration) {
    let end = std::time::Instant::now() + time;
    while let Some(left) =
        end.checked_duration_since(std::time::Instant::now()).filter(|left| !left.is_zero())
    {
        thread::park_timeout(left);
    }
}
