//! What is under way on one connection.

use std::{
    fmt,
    task::{Context, Waker},
    time::Instant,
};

use super::sync::{Arc, Mutex};

/// What is under way on one connection, as its bytes and its requests show it.
#[derive(Clone)]
pub(crate) struct Activity(Arc<Mutex<Known>>);

struct Known {
    /// Requests whose responses have not ended.
    exchanges: usize,
    /// Something was read since the last exchange: the beginning of a request's head.
    head: bool,
    /// The client does not take what is written.
    blocked: bool,
    /// Since when nothing is under way, or the last head began.
    quiet_since: Instant,
    http2: bool,
    /// A stream of HTTP/2 has become a connection of its own, the end of which is not seen.
    tunnel: bool,
    /// The waker of the task that waits for the end of the last exchange.
    waiting: Option<Waker>,
}

/// A request until its response is over.
pub(crate) struct Exchange(Activity);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Known {
            exchanges: 0,
            head: false,
            blocked: false,
            quiet_since: Instant::now(),
            http2: false,
            tunnel: false,
            waiting: None,
        })))
    }

    /// Bytes came in.
    pub(crate) fn read(&self) {
        self.with(|known| {
            if known.exchanges == 0 && !known.head {
                known.head = true;
                known.quiet_since = Instant::now();
            }
        });
    }

    /// Bytes went out, or were to.
    pub(crate) fn wrote(&self, blocked: bool) {
        self.with(|known| {
            if known.blocked && !blocked {
                known.quiet_since = Instant::now();
            }
            known.blocked = blocked;
        });
    }

    pub(crate) fn is_http2(&self) {
        self.with(|known| known.http2 = true);
    }

    pub(crate) fn speaks_http2(&self) -> bool {
        self.with(|known| known.http2)
    }

    pub(crate) fn begin(&self, tunnel: bool) -> Exchange {
        self.with(|known| {
            known.exchanges += 1;
            known.tunnel |= tunnel && known.http2;
        });
        Exchange(self.clone())
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.with(|known| known.exchanges > 0 || known.tunnel)
    }

    /// Since when nothing is under way; otherwise the task of `context` is woken when that may have changed.
    pub(crate) fn quiet_since(&self, context: &Context<'_>) -> Option<Instant> {
        self.with(|known| {
            if known.exchanges > 0 || known.tunnel || known.blocked {
                known.waiting = Some(context.waker().clone());
                return None;
            }
            Some(known.quiet_since)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let waiting = self.0.with(|known| {
            known.exchanges -= 1;
            known.head = false;
            known.quiet_since = Instant::now();
            if known.exchanges == 0 { known.waiting.take() } else { None }
        });
        // Not under the lock: a waker may do anything.
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exchange").finish()
    }
}
