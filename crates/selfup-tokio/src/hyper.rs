//! For [hyper](https://docs.rs/hyper), HTTP/1 and HTTP/2 on the same port, and for what stands on
//! it, such as [tonic](https://docs.rs/tonic).

use std::{error::Error, io, net::SocketAddr};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use hyper_util::{rt::TokioExecutor, server::conn::auto::Builder};

use crate::{drive, listener::Listener};

/// Serves each connection with a clone of the service until the program drains, and then until every connection is
/// closed, at most until [`Drain::time_is_up`](crate::Drain::time_is_up). No keep-alive client loses a request that
/// it sends within the idle grace.
///
/// Each connection is a task of its own. It waits for connections that were upgraded to another protocol, too. It
/// drains on SIGTERM and SIGINT unless the program handles them
/// ([`drain_on_signals`](selfup_program::Listener::drain_on_signals)).
///
/// The builder is hyper-util's `auto::Builder` with its defaults, and errors of connections are dropped. A server
/// with timeouts, other settings or TLS brings its own builder: [`Drain::watch`](crate::Drain::watch).
///
/// The address of the client is in the extensions of each request, as a [`SocketAddr`], except on a Unix socket,
/// whose clients have none.
///
/// ```no_run
/// use std::convert::Infallible;
///
/// use hyper::{Request, Response, body::Incoming, service::service_fn};
///
/// async fn program(state: selfup::State) -> std::io::Result<()> {
///     let service = service_fn(async |_: Request<Incoming>| {
///         Ok::<_, Infallible>(Response::new("hello".to_owned()))
///     });
///     selfup_tokio::hyper::serve(state.take_listener(), service).await
/// }
/// ```
///
/// # Errors
///
/// The runtime cannot watch the listener, or the process has no descriptors or threads left.
pub async fn serve<S, B>(listener: selfup_program::Listener, service: S) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    listener.drain_on_signals()?;
    let listener = Listener::new(listener)?;
    drive::serve(listener, Builder::new(TokioExecutor::new()), service, |request, peer| {
        request.extensions_mut().insert::<SocketAddr>(peer);
    })
    .await
}
