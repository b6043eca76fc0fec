//! Responses that began before the drain, and so do not close their connections.

use std::time::Duration;

use super::sync::{Arc, AtomicUsize, Notify, Ordering, sleep};

/// How many responses are under way that do not close the connection: the clients may send one more request
/// on each of these connections, and are owed time for that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owed(Arc<(AtomicUsize, Notify)>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Owing(Owed);

impl Owed {
    pub(crate) fn count(&self) -> Owing {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        Owing(self.clone())
    }

    /// Waits until there is none, and then for the grace.
    pub(crate) async fn none_for(&self, grace: Duration) {
        loop {
            self.none().await;
            sleep(grace).await;
            if self.0.0.load(Ordering::SeqCst) == 0 {
                return;
            }
        }
    }

    async fn none(&self) {
        let (count, changed) = &*self.0;
        loop {
            // Subscribed before the count is read, so that the end of the last one is not missed.
            let changed = changed.notified();
            if count.load(Ordering::SeqCst) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Owing {
    fn drop(&mut self) {
        let (count, changed) = &*self.0.0;
        if count.fetch_sub(1, Ordering::SeqCst) == 1 {
            changed.notify_waiters();
        }
    }
}
