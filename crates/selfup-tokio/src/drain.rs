//! When a server can be closed down.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use selfup_program::GracefulShutdown;

use crate::open::{Counted, Open};

/// Knows when a server can be closed down: when the program drains, and either its
/// last connection is gone or the idle grace is over.
#[derive(Clone, Debug)]
pub struct Drain {
    shutdown: GracefulShutdown,
    idle_grace: Duration,
    limit: Duration,
    open: Open,
}

impl Drain {
    pub(crate) fn new(shutdown: GracefulShutdown, idle_grace: Duration, limit: Duration) -> Self {
        Self { shutdown, idle_grace, limit, open: Open::new() }
    }

    /// Waits until the server can be closed down, for
    /// [`with_graceful_shutdown`](https://docs.rs/axum/latest/axum/serve/struct.Serve.html#method.with_graceful_shutdown)
    /// and the like.
    ///
    /// These close every idle connection at that moment. [`axum::serve`](crate::axum::serve) and
    /// [`hyper::serve`](crate::hyper::serve) decide for each connection by itself.
    pub async fn wait(self) {
        self.shutdown.clone().await;
        first_of(self.open.none(), tokio::time::sleep(self.idle_grace)).await;
    }

    /// Whether the program drains.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.shutdown.requested()
    }

    /// Waits until there is no connection, or [`time_is_up`](Self::time_is_up): after a server that
    /// is done before those are whose protocol was changed, as that of a WebSocket is.
    pub async fn none_open(&self) {
        first_of(self.open.none(), self.time_is_up()).await;
    }

    /// Waits until the program drains and has taken as long as it may
    /// ([`Listener::drain_limit`](selfup_program::Listener::drain_limit)): what is still open then is to be
    /// closed, so that the program can return before it is killed.
    pub async fn time_is_up(&self) {
        self.shutdown.clone().await;
        if let Some(since) = self.begun_at() {
            tokio::time::sleep(self.limit.saturating_sub(since.elapsed())).await;
        }
    }

    /// Watches one connection of a server with a hyper builder of its own, so that it is closed at the right
    /// moment of the drain, and loses no request. The module [`watch`](crate::watch) has an example.
    ///
    /// `io` is the [`Connection`](crate::Connection), or a TLS stream over it: what carries the bytes of HTTP.
    /// Serve over the [`WatchedIo`](crate::watch::WatchedIo), with [`Watch::service`](crate::watch::Watch::service),
    /// and let [`Watch::drive`](crate::watch::Watch::drive) drive the connection.
    #[cfg(feature = "hyper")]
    pub fn watch<T>(&self, io: T) -> (crate::watch::WatchedIo<T>, crate::watch::Watch) {
        crate::watch::Watch::new(self, io)
    }

    pub(crate) fn begun_at(&self) -> Option<Instant> {
        self.shutdown.since()
    }

    #[cfg(any(feature = "axum", feature = "hyper"))]
    pub(crate) fn times(&self) -> (GracefulShutdown, Duration, Duration) {
        (self.shutdown.clone(), self.idle_grace, self.limit)
    }

    pub(crate) fn count(&self) -> Counted {
        self.open.count()
    }
}

/// Which one it was does not matter.
async fn first_of(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        other.as_mut().poll(context)
    })
    .await;
}
