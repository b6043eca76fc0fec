//! For [axum](https://docs.rs/axum).

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    response::Response,
    routing::future::RouteFuture,
    serve::IncomingStream,
};
use tower_service::Service;

use crate::{Connection, Farewell, Listener};

/// Serves the router until the program is told to finish, and then until every connection is
/// closed. No keep-alive client loses a request that it sends within the idle grace.
///
/// A connection that was upgraded to another protocol, a WebSocket say, is waited for, too.
///
/// Handlers may ask for [`ConnectInfo<SocketAddr>`](ConnectInfo), except on a Unix socket, whose
/// clients have no address.
///
/// # Errors
///
/// The listener cannot be used, as [`Listener::new`] says.
pub async fn serve(listener: selfup::Listener, router: Router) -> io::Result<()> {
    let listener = Listener::new(listener)?;
    let finish = listener.finish();
    let router = router.layer(Farewell::new(finish.clone()));
    axum::serve(listener, ForAll(router)).with_graceful_shutdown(finish.clone().wait()).await?;
    // axum has done with a connection when its protocol is another; whoever upgraded it has not.
    finish.none_open().await;
    Ok(())
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    /// `None` on a Unix socket.
    type Addr = Option<SocketAddr>;

    /// Waits for ever once the program was told to finish: the server is ended by
    /// [`Finish::wait`](crate::Finish::wait).
    async fn accept(&mut self) -> (Connection, Option<SocketAddr>) {
        match self.accept_patiently().await {
            Some(connection) => {
                let peer = connection.peer_addr();
                (connection, peer)
            }
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        Ok(self.local_addr())
    }
}

/// Makes the service of each connection.
struct ForAll(Router);

/// The service of one connection, whose requests say where they come from.
#[derive(Clone)]
struct ForOne {
    router: Router,
    peer: Option<SocketAddr>,
}

impl Service<IncomingStream<'_, Listener>> for ForAll {
    type Response = ForOne;
    type Error = Infallible;
    type Future = Ready<Result<ForOne, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: IncomingStream<'_, Listener>) -> Self::Future {
        ready(Ok(ForOne { router: self.0.clone(), peer: *connection.remote_addr() }))
    }
}

impl Service<Request> for ForOne {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.router.call(request)
    }
}
