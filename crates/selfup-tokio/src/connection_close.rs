//! `Connection: close` in the responses of a program that drains.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use tower_layer::Layer;
use tower_service::Service;

use crate::drain::Drain;

/// A tower layer that adds `Connection: close` to the responses of HTTP/1 once the program drains.
///
/// `axum::serve`, `hyper::serve` and `Watch::service` have it in them. A response that changes the protocol, for
/// example to a WebSocket, stays as it is.
#[derive(Clone, Debug)]
pub struct ConnectionClose {
    drain: Drain,
}

/// The service that [`ConnectionClose`] makes of another.
#[derive(Clone, Debug)]
pub struct ConnectionCloseService<S> {
    pub(crate) inner: S,
    drain: Drain,
}

/// The response of a [`ConnectionCloseService`].
pub struct ConnectionCloseFuture<F> {
    response: Pin<Box<F>>,
    /// Of the request.
    version: Version,
    drain: Drain,
}

impl ConnectionClose {
    /// The layer for a server with this drain.
    #[must_use]
    pub fn new(drain: Drain) -> Self {
        Self { drain }
    }
}

impl<S> Layer<S> for ConnectionClose {
    type Service = ConnectionCloseService<S>;

    fn layer(&self, inner: S) -> ConnectionCloseService<S> {
        ConnectionCloseService { inner, drain: self.drain.clone() }
    }
}

impl<S, A, B> Service<Request<A>> for ConnectionCloseService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ConnectionCloseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> ConnectionCloseFuture<S::Future> {
        let version = request.version();
        let response = self.inner.call(request);
        self.response(version, response)
    }
}

impl<S> ConnectionCloseService<S> {
    pub(crate) fn response<F>(&self, version: Version, response: F) -> ConnectionCloseFuture<F> {
        ConnectionCloseFuture { response: Box::pin(response), version, drain: self.drain.clone() }
    }
}

impl<F, B, E> Future for ConnectionCloseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut response = ready!(self.response.as_mut().poll(context));
        if let Ok(response) = &mut response
            // The header means nothing in HTTP/2, where it is not allowed.
            && self.version < Version::HTTP_2
            && response.status() != StatusCode::SWITCHING_PROTOCOLS
            && self.drain.has_begun()
        {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            // To a client of HTTP/1.0, hyper would say `keep-alive` behind it in a response of a
            // later version.
            *response.version_mut() = self.version;
        }
        Poll::Ready(response)
    }
}

impl<F> fmt::Debug for ConnectionCloseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionCloseFuture").finish_non_exhaustive()
    }
}
