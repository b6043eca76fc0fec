//! For [hyper](https://docs.rs/hyper), HTTP/1 and HTTP/2 on the same port, and for what stands on
//! it, such as [tonic](https://docs.rs/tonic).

use std::{error::Error, io, net::SocketAddr};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use hyper_util::{rt::TokioExecutor, server::conn::auto::Builder};

use crate::{drive, listener::Listener};

/// Serves with a clone of the service for each connection until the program drains, and
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
