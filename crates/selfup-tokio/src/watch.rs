//! One connection of a hyper server, watched so that it is closed at the right moment of a drain.
//!
//! [`hyper::serve`](crate::hyper::serve) stands on this. It is for servers with a builder of their own: with
//! timeouts, with the settings of HTTP/2, behind TLS, or with another way to report errors.
//!
//! ```no_run
//! use std::{convert::Infallible, io, time::Duration};
//!
//! use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
//! use hyper_util::rt::{TokioIo, TokioTimer};
//!
//! async fn serve(listener: selfup::Listener) -> io::Result<()> {
//!     listener.drain_on_signals()?;
//!     let mut listener = selfup_tokio::Listener::new(listener)?;
//!     let drain = listener.drain();
//!     let mut builder = http1::Builder::new();
//!     builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
//!     while let Some(connection) = listener.accept_with_retry().await {
//!         let (io, watch) = drain.watch(connection);
//!         let service = watch.service(service_fn(hello));
//!         let connection = builder.serve_connection(TokioIo::new(io), service);
//!         tokio::spawn(async {
//!             if let Err(error) = watch.drive(connection).await {
//!                 eprintln!("a client: {error}");
//!             }
//!         });
//!     }
//!     drain.none_open().await;
//!     Ok(())
//! }
//!
//! async fn hello(_: Request<Incoming>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new("hello".to_owned()))
//! }
//! # fn main() {}
//! ```

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use http::{Method, Request, Response};
use hyper::service::Service;
use tower_layer::Layer;

pub use crate::{watched_body::WatchedBody, watched_io::WatchedIo};

use crate::{
    activity::{Activity, Exchange},
    connection_close::{ConnectionClose, ConnectionCloseFuture, ConnectionCloseService},
    departure::{Departure, Due},
    drain::Drain,
    watched_io::Insist,
};

/// Closes one connection at the right moment of a drain. From [`Drain::watch`].
///
/// It sees what the connection does by three things, and needs all of them: the connection is served over the
/// [`WatchedIo`], with the [service](Self::service) of the watch, and is [driven](Self::drive) by it.
#[must_use = "a connection that is not driven is not served"]
pub struct Watch {
    activity: Activity,
    insist: Insist,
    departure: Departure,
    drain: Drain,
}

/// A service whose requests a [`Watch`] sees, and that closes keep-alive connections of HTTP/1 by its responses
/// once the program drains. From [`Watch::service`].
pub struct WatchedService<S> {
    inner: ConnectionCloseService<S>,
    activity: Activity,
}

/// The response of a [`WatchedService`].
pub struct WatchedFuture<F> {
    response: ConnectionCloseFuture<F>,
    exchange: Option<Exchange>,
}

#[cfg(feature = "hyper")]
impl Drain {
    /// Watches one connection of a server with a hyper builder of its own, so that it is closed at the right
    /// moment of the drain, and loses no request. The module
    /// [`watch`](crate::watch) has an example.
    ///
    /// `io` is the [`Connection`](crate::Connection), or a TLS stream over it: what carries the bytes of HTTP.
    /// Serve over the [`WatchedIo`], with [`Watch::service`],
    /// and let [`Watch::drive`] drive the connection.
    pub fn watch<T>(&self, io: T) -> (WatchedIo<T>, Watch) {
        Watch::new(self, io)
    }
}

impl Watch {
    pub(crate) fn new<T>(drain: &Drain, io: T) -> (WatchedIo<T>, Self) {
        let (activity, insist) = (Activity::new(), Insist::default());
        let departure = Departure::new(drain, activity.clone());
        let io = WatchedIo::new(io, activity.clone(), insist.clone());
        (io, Self { activity, insist, departure, drain: drain.clone() })
    }

    /// The service to serve this connection with. It adds `Connection: close` to responses of HTTP/1 once the
    /// program drains, as [`ConnectionClose`] does.
    #[must_use]
    pub fn service<S>(&self, service: S) -> WatchedService<S> {
        let inner = ConnectionClose::new(self.drain.clone()).layer(service);
        WatchedService { inner, activity: self.activity.clone() }
    }

    /// Serves the connection to its end, and ends it when the program drains: an idle one when its
    /// [`IdleGrace`](selfup_program::IdleGrace) is over, any other after its last response, and every one at
    /// [`Drain::time_is_up`].
    ///
    /// The connection is one of hyper or hyper-util: `http1::Connection`, `http2::Connection`,
    /// `auto::Connection` or `auto::UpgradeableConnection`. Timeouts of its builder hold besides.
    ///
    /// # Errors
    ///
    /// Those of the connection, such as a client that has sent no HTTP, or is gone. They concern this
    /// connection alone. A connection that the drain has closed ended well.
    #[cfg(feature = "hyper")]
    pub async fn drive<C>(self, connection: C) -> Result<(), C::Error>
    where
        C: hyper_util::server::graceful::GracefulConnection,
    {
        self.drive_with(connection, C::graceful_shutdown).await
    }

    /// As `drive`, where hyper-util does not say that the connection can be shut down.
    pub(crate) async fn drive_with<C, E>(
        mut self,
        connection: C,
        graceful_shutdown: fn(Pin<&mut C>),
    ) -> Result<(), E>
    where
        C: Future<Output = Result<(), E>>,
    {
        let mut connection = pin!(connection);
        let mut is_closing = false;
        poll_fn(|context| {
            loop {
                if self.departure.poll_before(context).is_some() {
                    graceful_shutdown(connection.as_mut());
                }
                if let Poll::Ready(end) = connection.as_mut().poll(context) {
                    // hyper-util calls it an error if nothing had been sent yet.
                    return Poll::Ready(if is_closing { Ok(()) } else { end });
                }
                match ready!(self.departure.poll_after(context)) {
                    Due::Insist => self.insist.insist(),
                    // It was shut down before, and something keeps it: half of a head, or of a frame.
                    Due::Close if is_closing => return Poll::Ready(Ok(())),
                    Due::Cut => return Poll::Ready(Ok(())),
                    Due::Close => {
                        is_closing = true;
                        graceful_shutdown(connection.as_mut());
                    }
                    Due::Notice => graceful_shutdown(connection.as_mut()),
                }
            }
        })
        .await
    }
}

impl<S, A, B> Service<Request<A>> for WatchedService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<WatchedBody<B>>;
    type Error = S::Error;
    type Future = WatchedFuture<S::Future>;

    fn call(&self, request: Request<A>) -> WatchedFuture<S::Future> {
        let exchange = self.activity.begin(request.method() == Method::CONNECT);
        WatchedFuture { response: self.inner.call(request), exchange: Some(exchange) }
    }
}

impl<F, B, E> Future for WatchedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<WatchedBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.response).poll(context));
        let exchange = self.exchange.take();
        Poll::Ready(response.map(|response| response.map(|body| WatchedBody::new(body, exchange))))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("drain", &self.drain).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for WatchedService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for WatchedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedFuture").finish_non_exhaustive()
    }
}
