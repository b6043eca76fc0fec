//! What the counters use, for loom: of tokio, what its documentation promises of it.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use loom::sync::Mutex;

pub(super) use loom::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A value, how often it has changed, and who waits for the next time.
#[derive(Debug, Default)]
struct Changing<T>(Mutex<(T, u64, Vec<Waker>)>);

impl<T> Changing<T> {
    fn change(&self, change: impl FnOnce(&mut T)) {
        let mut now = self.0.lock().unwrap();
        change(&mut now.0);
        now.1 += 1;
        let waiting = std::mem::take(&mut now.2);
        drop(now);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// What it says of the value, and how often that has changed.
    fn look<R>(&self, look: impl FnOnce(&T) -> R) -> (R, u64) {
        let now = self.0.lock().unwrap();
        (look(&now.0), now.1)
    }

    fn poll_later_than(&self, seen: u64, context: &Context<'_>) -> Poll<u64> {
        let mut now = self.0.lock().unwrap();
        if now.1 != seen {
            return Poll::Ready(now.1);
        }
        now.2.push(context.waker().clone());
        Poll::Pending
    }
}

/// Wakes those whose future was made before, polled or not.
#[derive(Debug, Default)]
pub(super) struct Notify(Changing<()>);

impl Notify {
    pub(super) fn notify_waiters(&self) {
        self.0.change(|()| ());
    }

    pub(super) fn notified(&self) -> impl Future<Output = ()> + '_ {
        let ((), seen) = self.0.look(|()| ());
        poll_fn(move |context| self.0.poll_later_than(seen, context).map(drop))
    }
}

/// A value that is watched: each change is seen by all who look afterwards, and the latest counts.
pub(super) mod watch {
    use super::{Arc, Changing, Infallible, poll_fn};

    #[derive(Clone, Debug, Default)]
    pub(in crate::models) struct Sender<T>(Arc<Changing<T>>);

    pub(in crate::models) struct Receiver<T> {
        watched: Arc<Changing<T>>,
        seen: u64,
    }

    impl<T> Sender<T> {
        pub(in crate::models) fn send_modify(&self, modify: impl FnOnce(&mut T)) {
            self.0.change(modify);
        }

        pub(in crate::models) fn subscribe(&self) -> Receiver<T> {
            Receiver { watched: Arc::clone(&self.0), seen: self.0.look(|_| ()).1 }
        }
    }

    impl<T> Receiver<T> {
        /// Looks at the value that is there first.
        pub(in crate::models) async fn wait_for(
            &mut self,
            mut is_right: impl FnMut(&T) -> bool,
        ) -> Result<(), Infallible> {
            loop {
                let (is_right, seen) = self.watched.look(&mut is_right);
                self.seen = seen;
                if is_right {
                    return Ok(());
                }
                self.changed().await?;
            }
        }

        pub(in crate::models) async fn changed(&mut self) -> Result<(), Infallible> {
            let (watched, seen) = (&self.watched, self.seen);
            self.seen = poll_fn(|context| watched.poll_later_than(seen, context)).await;
            Ok(())
        }
    }
}

pub(super) async fn sleep(_: Duration) {}

/// It has not happened in time if it has not happened yet.
pub(super) async fn timeout<F: Future>(_: Duration, future: F) -> Result<F::Output, ()> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        Poll::Ready(match polled {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => Err(()),
        })
    })
    .await
}
