//! For [axum](https://docs.rs/axum).

use std::{io, net::SocketAddr};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{rt::TokioExecutor, server::conn::auto::Builder};
use tower_service::Service;

use crate::{connection::Connection, drive, listener::Listener};

/// Serves the router until the program drains, and then until every connection is closed, at most until
/// [`Drain::time_is_up`](crate::Drain::time_is_up). No keep-alive client loses a request that it sends within the
/// idle grace.
///
/// It waits for connections that were upgraded to another protocol, such as WebSockets, too. It drains on SIGTERM
/// and SIGINT unless the program handles them
/// ([`drain_on_signals`](selfup_program::Listener::drain_on_signals)).
///
/// Handlers may extract [`ConnectInfo<SocketAddr>`](ConnectInfo), except on a Unix socket, whose clients have no
/// address.
///
/// ```no_run
/// use axum::{Router, routing::get};
///
/// async fn program(state: selfup::State) -> std::io::Result<()> {
///     let router = Router::new().route("/", get(async || "hello"));
///     selfup_tokio::axum::serve(state.take_listener(), router).await
/// }
/// ```
///
/// # Errors
///
/// The runtime cannot watch the listener, or the process has no descriptors or threads left.
pub async fn serve(listener: selfup_program::Listener, router: Router) -> io::Result<()> {
    listener.drain_on_signals()?;
    let listener = Listener::new(listener)?;
    // A router is always ready.
    let service =
        service_fn(move |request: Request<Incoming>| router.clone().call(request.map(Body::new)));
    #[cfg_attr(
        not(any(feature = "http2", feature = "hyper")),
        expect(unused_mut, reason = "only HTTP/2 has something to set")
    )]
    let mut server = Builder::new(TokioExecutor::new());
    // For WebSockets.
    #[cfg(any(feature = "http2", feature = "hyper"))]
    server.http2().enable_connect_protocol();
    drive::serve(listener, server, service, |request, peer| {
        request.extensions_mut().insert(ConnectInfo(peer));
    })
    .await
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    /// `None` on a Unix socket.
    type Addr = Option<SocketAddr>;

    /// Waits for ever once the program drains: [`Drain::wait`](crate::Drain::wait) ends the server.
    async fn accept(&mut self) -> (Connection, Option<SocketAddr>) {
        match self.accept_with_retry().await {
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
