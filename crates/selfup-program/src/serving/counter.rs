//! How many connections there are.

use std::{
    fmt,
    time::{Duration, Instant},
};

// The standard library's, or those of a model (see `models.rs`).
use super::sync::{Arc, Condvar, Mutex, PoisonError};

/// How many connections there are, for the end of the program to wait until there are none.
#[derive(Clone)]
pub(crate) struct Counter(Arc<(Mutex<usize>, Condvar)>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Counted(Counter);

impl Default for Counter {
    fn default() -> Self {
        Self(Arc::new((Mutex::new(0), Condvar::new())))
    }
}

impl Counter {
    pub(crate) fn count(&self) -> Counted {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Counted(self.clone())
    }

    /// Blocks until every connection has been dropped, at most for `limit`.
    pub(crate) fn wait_until_none(&self, limit: Duration) {
        let begun = Instant::now();
        let (count, changed) = &*self.0;
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            let waited = changed.wait_timeout(count, left);
            count = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let (count, changed) = &*self.0.0;
        *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        changed.notify_all();
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").finish_non_exhaustive()
    }
}
