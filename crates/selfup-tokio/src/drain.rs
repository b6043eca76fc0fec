//! The drain of a server: when it can be closed.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use selfup_program::GracefulShutdown;

use crate::open::{Counted, Open};

/// The drain of a server: whether it has begun, and when the server can be closed. From
/// [`Listener::drain`](crate::Listener::drain).
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

    /// Waits until the program drains, and then until there is no connection or the idle grace is over. It is for
    /// [`with_graceful_shutdown`](https://docs.rs/axum/latest/axum/serve/struct.Serve.html#method.with_graceful_shutdown)
    /// and the like, which close every idle connection at that moment.
    ///
    /// `axum::serve`, `hyper::serve` and `Drain::watch` of this crate close each connection at a moment
    /// of its own instead.
    pub async fn wait(self) {
        self.shutdown.clone().await;
        first_of(self.open.none(), tokio::time::sleep(self.idle_grace)).await;
    }

    /// Whether the program drains.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.shutdown.requested()
    }

    /// Waits until there is no connection, at most until [`time_is_up`](Self::time_is_up). A server calls it when it
    /// accepts no more; connections whose protocol was changed, such as WebSockets, count too.
    pub async fn none_open(&self) {
        first_of(self.open.none(), self.time_is_up()).await;
    }

    /// Waits until the program drains, and then for
    /// [`Listener::drain_limit`](selfup_program::Listener::drain_limit). Everything that is still open then is to be
    /// closed, so that the program returns before it is killed.
    pub async fn time_is_up(&self) {
        self.shutdown.clone().await;
        if let Some(since) = self.begun_at() {
            tokio::time::sleep(self.limit.saturating_sub(since.elapsed())).await;
        }
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

/// Waits for one of the two.
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
