//! For [hyper](https://docs.rs/hyper), HTTP/1 and HTTP/2 on the same port, and for what stands on
//! it, such as [tonic](https://docs.rs/tonic).

use std::{
    error::Error,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
};

use http::{Request, Response, Version};
use http_body::Body;
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::sync::Notify;
use tower_layer::Layer;

use crate::{Connection, Farewell, FarewellFuture, FarewellService, Finish, Listener};

/// Serves with a clone of the service for each connection until the program is told to finish, and
/// then until every connection is closed. No keep-alive client loses a request that it sends within
/// the idle grace.
///
/// Each connection is a task of its own. A connection that was upgraded to another protocol is
/// waited for, too.
///
/// The address of the client is in the extensions of each request, as a
/// [`SocketAddr`], except on a Unix socket, whose clients have none.
///
/// # Errors
///
/// The listener cannot be used, as [`Listener::new`] says.
pub async fn serve<S, B>(listener: selfup::Listener, service: S) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut listener = Listener::new(listener)?;
    let finish = listener.finish();
    let service = Farewell::new(finish.clone()).layer(service);
    while let Some(connection) = listener.accept_patiently().await {
        tokio::spawn(serve_one(connection, service.clone(), finish.clone()));
    }
    finish.none_open().await;
    Ok(())
}

async fn serve_one<S, B>(connection: Connection, service: FarewellService<S>, finish: Finish)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let is_http2 = Arc::new(Notify::new());
    let is_told = Arc::clone(&is_http2);
    let peer = connection.peer_addr();
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert::<SocketAddr>(peer);
        }
        if request.version() == Version::HTTP_2 {
            is_told.notify_one();
        }
        service.call(request)
    });
    let server = Builder::new(TokioExecutor::new());
    let mut exchange =
        pin!(server.serve_connection_with_upgrades(TokioIo::new(connection), service));
    // HTTP/2 has a goodbye that loses nothing whatever the client does at that moment. Anyone else,
    // and who has not said yet what he speaks, is closed only when the grace is over.
    let mut time_to_go = pin!(finish.begun_and_grace_over_or(is_http2.notified()));
    let mut is_going = false;
    let result = poll_fn(|context| {
        if !is_going && time_to_go.as_mut().poll(context).is_ready() {
            is_going = true;
            exchange.as_mut().graceful_shutdown();
        }
        exchange.as_mut().poll(context)
    });
    // Whatever went wrong went wrong with this connection, and its client knows.
    drop(result.await);
}

impl<S, A, B> Service<Request<A>> for FarewellService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = FarewellFuture<S::Future>;

    fn call(&self, request: Request<A>) -> FarewellFuture<S::Future> {
        let version = request.version();
        self.answer(version, self.inner.call(request))
    }
}
