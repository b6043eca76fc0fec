//! The loop of a server, and of each of its connections.

use std::{
    error::Error,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::pin,
    task::Poll,
};

use http::{Method, Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};

use crate::{
    activity::Activity,
    connection::Connection,
    connection_close::ConnectionCloseService,
    departure::{Departure, Due},
    drain::Drain,
    listener::Listener,
    tracked::Tracked,
    wire::{Insist, Wire},
};

/// Says to the service where a request comes from.
pub(crate) type SetPeer = fn(&mut Request<Incoming>, SocketAddr);

/// Serves until the program drains, and then until every connection is closed, or its time is up.
pub(crate) async fn serve<S, B>(
    mut listener: Listener,
    server: Builder<TokioExecutor>,
    service: ConnectionCloseService<S>,
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
    service: ConnectionCloseService<S>,
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
    let (activity, insist) = (Activity::new(), Insist::default());
    let mut departure = Departure::new(&drain, activity.clone());
    let wire = Wire::new(connection, activity.clone(), insist.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            set_peer(&mut request, peer);
        }
        let exchange = activity.begin(request.method() == Method::CONNECT);
        let response = service.call(request);
        async { response.await.map(|response| response.map(|body| Tracked::new(body, exchange))) }
    });
    let mut connection = pin!(server.serve_connection_with_upgrades(TokioIo::new(wire), service));
    let mut is_closing = false;
    let end = poll_fn(|context| {
        loop {
            if departure.poll_before(context).is_some() {
                connection.as_mut().graceful_shutdown();
            }
            // Whatever went wrong went wrong with this connection, and its client knows.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            match departure.poll_after(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Due::Insist) => insist.insist(),
                // It was told, and something keeps it: the half of a head, or of a frame.
                Poll::Ready(Due::Close) if is_closing => return Poll::Ready(()),
                Poll::Ready(Due::Cut) => return Poll::Ready(()),
                Poll::Ready(Due::Close) => {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Poll::Ready(Due::Goodbye) => connection.as_mut().graceful_shutdown(),
            }
        }
    });
    end.await;
}
