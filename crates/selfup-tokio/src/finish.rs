use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use selfup::GracefulShutdown;
use tokio::sync::Notify;

/// Knows when a server can be closed down: when the program was told to finish, and either its
/// last connection is gone or the idle grace is over.
#[derive(Clone)]
pub struct Finish {
    drain: GracefulShutdown,
    idle_grace: Duration,
    open: Open,
}

/// How many connections there are.
#[derive(Clone, Default)]
struct Open(Arc<(AtomicUsize, Notify)>);

/// One of them.
pub(crate) struct Counted(Open);

impl Finish {
    pub(crate) fn new(drain: GracefulShutdown, idle_grace: Duration) -> Self {
        Self { drain, idle_grace, open: Open::default() }
    }

    /// Waits until the server can be closed down, for
    /// [`with_graceful_shutdown`](https://docs.rs/axum/latest/axum/serve/struct.Serve.html#method.with_graceful_shutdown)
    /// and the like.
    pub async fn wait(self) {
        self.begun_and_grace_over_or(self.open.none()).await;
    }

    /// Whether the program was told to finish.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.drain.requested()
    }

    /// Waits until the program is told to finish, and then for the end of the idle grace, or for
    /// less if that comes first.
    pub(crate) async fn begun_and_grace_over_or(&self, less: impl Future<Output = ()>) {
        self.drain.clone().await;
        // Either way it is time; which one it was does not matter.
        drop(tokio::time::timeout(self.idle_grace, less).await);
    }

    /// Waits until there is no connection, after a server that is done before those are whose
    /// protocol was changed, as that of a WebSocket is.
    pub async fn none_open(&self) {
        self.open.none().await;
    }

    pub(crate) fn count(&self) -> Counted {
        self.open.0.0.fetch_add(1, Ordering::SeqCst);
        Counted(self.open.clone())
    }
}

impl Open {
    async fn none(&self) {
        let (count, changed) = &*self.0;
        loop {
            // Asked for before the count is read, so that the last one's word is not missed.
            let notified = changed.notified();
            if count.load(Ordering::SeqCst) == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let (count, changed) = &*self.0.0;
        if count.fetch_sub(1, Ordering::SeqCst) == 1 {
            changed.notify_waiters();
        }
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finish")
            .field("has_begun", &self.has_begun())
            .field("idle_grace", &self.idle_grace)
            .field("open", &self.open.0.0)
            .finish()
    }
}
