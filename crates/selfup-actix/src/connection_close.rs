//! `Connection: close` in the responses of an app that drains.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use actix_http::{ConnectionType, Request};
use actix_service::{Service, ServiceFactory};
use actix_web::{
    Error, HttpResponse,
    body::EitherBody,
    dev::{AppConfig, Response},
};

use crate::{
    app_factory::AppFactory,
    connection_close_body::ConnectionCloseBody,
    owed::{Owed, Owing},
};

/// Whether the program drains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draining {
    begun: Arc<AtomicBool>,
    owed: Owed,
}

impl Draining {
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    pub(crate) fn owed(&self) -> &Owed {
        &self.owed
    }

    /// The grace that is owed to the client of a response that begins now; `None` if that response is to close
    /// the connection.
    fn owe(&self) -> Option<Owing> {
        // Counted first: the drain begins before it waits for those that are owed.
        let owing = self.owed.count();
        (!self.begun.load(Ordering::SeqCst)).then_some(owing)
    }
}

/// The app of a [`server`](crate::server): it adds `Connection: close` to its responses once the program drains.
pub struct ConnectionClose<S, B> {
    app: S,
    draining: Draining,
    body: PhantomData<fn() -> B>,
}

/// A [`ConnectionClose`] in one of the server's workers.
pub struct ConnectionCloseService<S, B> {
    app: S,
    draining: Draining,
    body: PhantomData<fn() -> B>,
}

/// The response of a [`ConnectionCloseService`].
pub struct ConnectionCloseFuture<F, B> {
    response: Pin<Box<F>>,
    draining: Draining,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ConnectionClose<S, B> {
    pub(crate) fn new(app: S, draining: Draining) -> Self {
        Self { app, draining, body: PhantomData }
    }
}

impl<S, B> ServiceFactory<Request> for ConnectionClose<S, B>
where
    S: AppFactory<B>,
{
    type Response = Response<ConnectionCloseBody<EitherBody<B>>>;
    type Error = Error;
    type Config = AppConfig;
    type Service = ConnectionCloseService<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (app, draining) = (self.app.new_service(config), self.draining.clone());
        Box::pin(async {
            Ok(ConnectionCloseService { app: app.await?, draining, body: PhantomData })
        })
    }
}

impl<S, B> Service<Request> for ConnectionCloseService<S, B>
where
    S: Service<Request>,
    S::Error: Into<Error>,
    S::Response: Into<Response<B>>,
{
    type Response = Response<ConnectionCloseBody<EitherBody<B>>>;
    type Error = Error;
    type Future = ConnectionCloseFuture<S::Future, B>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.app.poll_ready(context).map_err(Into::into)
    }

    fn call(&self, request: Request) -> Self::Future {
        ConnectionCloseFuture {
            response: Box::pin(self.app.call(request)),
            draining: self.draining.clone(),
            body: PhantomData,
        }
    }
}

impl<F, R, E, B> Future for ConnectionCloseFuture<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
    E: Into<Error>,
{
    type Output = Result<Response<ConnectionCloseBody<EitherBody<B>>>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = match ready!(self.response.as_mut().poll(context)) {
            Ok(response) => response.into().map_body(|_, body| EitherBody::left(body)),
            // The response of the server; made here, so that it closes the connection, too.
            Err(error) => whole(error.into().error_response()),
        };
        let owing = self.draining.owe();
        // A connection that changes its protocol must not be said to close.
        if owing.is_none() && !response.head().upgrade() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        // Nor does one that has changed it send another request.
        let owing = owing.filter(|_| !response.head().upgrade());
        Poll::Ready(Ok(response.map_body(|_, body| ConnectionCloseBody::new(body, owing))))
    }
}

fn whole<B>(response: HttpResponse) -> Response<EitherBody<B>> {
    Response::from(response).map_body(|_, body| EitherBody::right(body))
}

impl<S, B> fmt::Debug for ConnectionClose<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionClose").field("draining", &self.draining).finish_non_exhaustive()
    }
}

impl<S, B> fmt::Debug for ConnectionCloseService<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionCloseService")
            .field("draining", &self.draining)
            .finish_non_exhaustive()
    }
}

impl<F, B> fmt::Debug for ConnectionCloseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionCloseFuture").finish_non_exhaustive()
    }
}
