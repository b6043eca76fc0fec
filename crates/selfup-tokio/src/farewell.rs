//! What an answer says to a keep-alive client while the program drains.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use tower_layer::Layer;
use tower_service::Service;

use crate::Finish;

/// A layer that adds `Connection: close` to HTTP/1 answers once the program was told to finish.
///
/// An answer that changes the protocol, to a WebSocket say, stays as it is.
#[derive(Clone, Debug)]
pub struct Farewell {
    finish: Finish,
}

/// What [`Farewell`] makes of a service.
#[derive(Clone, Debug)]
pub struct FarewellService<S> {
    pub(crate) inner: S,
    finish: Finish,
}

/// The answer of a [`FarewellService`].
pub struct FarewellFuture<F> {
    answer: Pin<Box<F>>,
    /// Of the request.
    version: Version,
    finish: Finish,
}

impl Farewell {
    /// A layer for the server that `finish` is about.
    #[must_use]
    pub fn new(finish: Finish) -> Self {
        Self { finish }
    }
}

impl<S> Layer<S> for Farewell {
    type Service = FarewellService<S>;

    fn layer(&self, inner: S) -> FarewellService<S> {
        FarewellService { inner, finish: self.finish.clone() }
    }
}

impl<S, A, B> Service<Request<A>> for FarewellService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = FarewellFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> FarewellFuture<S::Future> {
        let version = request.version();
        let answer = self.inner.call(request);
        self.answer(version, answer)
    }
}

impl<S> FarewellService<S> {
    pub(crate) fn answer<F>(&self, version: Version, answer: F) -> FarewellFuture<F> {
        FarewellFuture { answer: Box::pin(answer), version, finish: self.finish.clone() }
    }
}

impl<F, B, E> Future for FarewellFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut answer = ready!(self.answer.as_mut().poll(context));
        if let Ok(answer) = &mut answer
            // The header means nothing in HTTP/2, where it is not allowed.
            && self.version < Version::HTTP_2
            && answer.status() != StatusCode::SWITCHING_PROTOCOLS
            && self.finish.has_begun()
        {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            // To a client of HTTP/1.0, hyper would say `keep-alive` behind it in an answer of a
            // later version.
            *answer.version_mut() = self.version;
        }
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for FarewellFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarewellFuture").finish_non_exhaustive()
    }
}
