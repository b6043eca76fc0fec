//! A gRPC server with tonic: restarts, upgrades and stops without losing a call.
//!
//! `tonic [ADDRESS [URL]]` listens on ADDRESS (default 127.0.0.1:3000); with a URL, it upgrades
//! itself from there. Its one service is the standard one for health checks; another one is added
//! to `Routes` in the same way.
//!
//! A call that has an end comes to it, within the terminate timeout. A `Watch` has none: the program
//! ends it as soon as it drains, with a status upon which clients call again. GOAWAY asks them before
//! to do so on another connection, which is the successor's.

use std::{
    env,
    future::Future,
    io,
    pin::Pin,
    process::ExitCode,
    task::{Context, Poll},
};

use hyper_util::service::TowerToHyperService;
use selfup::{GracefulShutdown, State};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, service::Routes};
use tonic_health::{
    pb::{
        HealthCheckRequest, HealthCheckResponse,
        health_server::{Health, HealthServer},
    },
    server::{HealthReporter, HealthService},
};

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
    let health = HealthService::from_health_reporter(HealthReporter::new());
    let health = HealthServer::new(Draining { health, drain: state.graceful_shutdown() });
    let service = TowerToHyperService::new(Routes::new(health).prepare());
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(selfup_tokio::hyper::serve(state.take_listener(), service))
}

/// The service for health checks, whose streams end when the program drains.
struct Draining {
    health: HealthService,
    drain: GracefulShutdown,
}

#[tonic::async_trait]
impl Health for Draining {
    type WatchStream = UntilDrain<<HealthService as Health>::WatchStream>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.health.check(request).await
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let stream = self.health.watch(request).await?;
        let drain = self.drain.clone();
        Ok(stream.map(|stream| UntilDrain { stream, drain, is_over: false }))
    }
}

/// A stream that ends when the program drains.
struct UntilDrain<S> {
    stream: S,
    drain: GracefulShutdown,
    is_over: bool,
}

impl<T, S: Stream<Item = Result<T, Status>> + Unpin> Stream for UntilDrain<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if Pin::new(&mut self.drain).poll(context).is_ready() {
            self.is_over = true;
            return Poll::Ready(Some(Err(Status::unavailable("this process ends: call again"))));
        }
        Pin::new(&mut self.stream).poll_next(context)
    }
}
