//! The app that says farewell.

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
    AppFactory, FarewellBody,
    owed::{Owed, Owing},
};

/// Whether the program was told to finish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaving {
    begun: Arc<AtomicBool>,
    owed: Owed,
}

impl Leaving {
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }

    pub(crate) fn owed(&self) -> &Owed {
        &self.owed
    }

    /// What is owed to the client of an answer that begins now; nothing if it is to say farewell.
    fn owe(&self) -> Option<Owing> {
        // Counted first: who waits for those that are owed has said before that it leaves.
        let owing = self.owed.count();
        (!self.begun.load(Ordering::SeqCst)).then_some(owing)
    }
}

/// What [`server`](crate::server) makes of an app: one that adds `Connection: close` to its answers
/// once the program was told to finish.
pub struct Farewell<S, B> {
    app: S,
    leaving: Leaving,
    body: PhantomData<fn() -> B>,
}

/// A [`Farewell`] in one of the server's workers.
pub struct FarewellService<S, B> {
    app: S,
    leaving: Leaving,
    body: PhantomData<fn() -> B>,
}

/// The answer of a [`FarewellService`].
pub struct FarewellFuture<F, B> {
    answer: Pin<Box<F>>,
    leaving: Leaving,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Farewell<S, B> {
    pub(crate) fn new(app: S, leaving: Leaving) -> Self {
        Self { app, leaving, body: PhantomData }
    }
}

impl<S, B> ServiceFactory<Request> for Farewell<S, B>
where
    S: AppFactory<B>,
{
    type Response = Response<FarewellBody<EitherBody<B>>>;
    type Error = Error;
    type Config = AppConfig;
    type Service = FarewellService<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (app, leaving) = (self.app.new_service(config), self.leaving.clone());
        Box::pin(async { Ok(FarewellService { app: app.await?, leaving, body: PhantomData }) })
    }
}

impl<S, B> Service<Request> for FarewellService<S, B>
where
    S: Service<Request>,
    S::Error: Into<Error>,
    S::Response: Into<Response<B>>,
{
    type Response = Response<FarewellBody<EitherBody<B>>>;
    type Error = Error;
    type Future = FarewellFuture<S::Future, B>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.app.poll_ready(context).map_err(Into::into)
    }

    fn call(&self, request: Request) -> Self::Future {
        FarewellFuture {
            answer: Box::pin(self.app.call(request)),
            leaving: self.leaving.clone(),
            body: PhantomData,
        }
    }
}

impl<F, R, E, B> Future for FarewellFuture<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
    E: Into<Error>,
{
    type Output = Result<Response<FarewellBody<EitherBody<B>>>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = match ready!(self.answer.as_mut().poll(context)) {
            Ok(answer) => answer.into().map_body(|_, body| EitherBody::left(body)),
            // What the server would answer; here, so that it says farewell, too.
            Err(error) => whole(error.into().error_response()),
        };
        let owing = self.leaving.owe();
        // A connection that changes its protocol must not be said to close.
        if owing.is_none() && !answer.head().upgrade() {
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
        // Nor does one that has changed it send another request.
        let owing = owing.filter(|_| !answer.head().upgrade());
        Poll::Ready(Ok(answer.map_body(|_, body| FarewellBody::new(body, owing))))
    }
}

fn whole<B>(answer: HttpResponse) -> Response<EitherBody<B>> {
    Response::from(answer).map_body(|_, body| EitherBody::right(body))
}

impl<S, B> fmt::Debug for Farewell<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Farewell").field("leaving", &self.leaving).finish_non_exhaustive()
    }
}

impl<S, B> fmt::Debug for FarewellService<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarewellService").field("leaving", &self.leaving).finish_non_exhaustive()
    }
}

impl<F, B> fmt::Debug for FarewellFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarewellFuture").finish_non_exhaustive()
    }
}
