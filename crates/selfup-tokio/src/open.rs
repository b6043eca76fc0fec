//! How many connections there are.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::sync::{Arc, Mutex};

/// How many connections there are, for a server to wait until there are none.
#[derive(Clone)]
pub(crate) struct Open(Arc<Mutex<Count>>);

#[derive(Default)]
struct Count {
    open: usize,
    /// The wakers of the tasks that wait for the last one, each in its place.
    waiting: BTreeMap<u64, Waker>,
    next_place: u64,
}

/// One of them.
pub(crate) struct Counted(Open);

/// Waits until there is none.
pub(crate) struct NoneOpen<'a> {
    open: &'a Open,
    place: Option<u64>,
}

impl Open {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Count::default())))
    }

    pub(crate) fn count(&self) -> Counted {
        self.with(|count| count.open += 1);
        Counted(self.clone())
    }

    /// Waits until there is none.
    pub(crate) fn none(&self) -> NoneOpen<'_> {
        NoneOpen { open: self, place: None }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Count) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Future for NoneOpen<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let place = self.place;
        let place = self.open.with(|count| {
            if count.open == 0 {
                return None;
            }
            let place = place.unwrap_or_else(|| {
                count.next_place += 1;
                count.next_place
            });
            count.waiting.insert(place, context.waker().clone());
            Some(place)
        });
        self.place = place;
        if place.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for NoneOpen<'_> {
    /// A server may wait for each connection: none may leave its waker behind.
    fn drop(&mut self) {
        if let Some(place) = self.place {
            drop(self.open.with(|count| count.waiting.remove(&place)));
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let waiting = self.0.with(|count| {
            count.open -= 1;
            if count.open == 0 { std::mem::take(&mut count.waiting) } else { BTreeMap::new() }
        });
        // Not under the lock: a waker may do anything.
        waiting.into_values().for_each(Waker::wake);
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Open").field(&self.with(|count| count.open)).finish()
    }
}
