//! The loop of a server, and the task of each of its connections.

use std::{error::Error, io, net::SocketAddr};

use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::{Builder, UpgradeableConnection},
};

use crate::{connection::Connection, drain::Drain, listener::Listener, watch::Watch};

/// Puts the address of the client into a request.
pub(crate) type SetPeer = fn(&mut Request<Incoming>, SocketAddr);

/// Serves until the program drains, and then until every connection is closed, or its time is up.
pub(crate) async fn serve<S, B>(
    mut listener: Listener,
    server: Builder<TokioExecutor>,
    service: S,
    set_peer: SetPeer,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let drain = listener.drain();
    while let Some(connection) = listener.accept_with_retry().await {
        let (server, service, drain) = (server.clone(), service.clone(), drain.clone());
        tokio::spawn(serve_one(connection, server, service, drain, set_peer));
    }
    drain.none_open().await;
    Ok(())
}

async fn serve_one<S, B>(
    connection: Connection,
    server: Builder<TokioExecutor>,
    service: S,
    drain: Drain,
    set_peer: SetPeer,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let peer = connection.peer_addr();
    let (io, watch) = Watch::new(&drain, connection);
    let service = watch.service(service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            set_peer(&mut request, peer);
        }
        service.call(request)
    }));
    let connection = server.serve_connection_with_upgrades(TokioIo::new(io), service);
    // An error concerns this connection alone, and its client knows.
    let _ended = watch.drive_with(connection, UpgradeableConnection::graceful_shutdown).await;
}
