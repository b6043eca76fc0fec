//! An event that happens once, and the tasks and threads that wait for it.

use std::{
    task::Waker,
    time::{Duration, Instant},
};

// The standard library's, or those of a model (see `models.rs`).
use super::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// An event that happens once.
pub(crate) struct Once {
    happened: AtomicBool,
    /// The wakers of the tasks that wait for it.
    wakers: Mutex<Wakers>,
    /// For the threads that wait for it, with the lock of the wakers.
    changed: Condvar,
}

/// Where the waker of one task is kept, and which it is.
pub(crate) struct Place {
    index: usize,
    waker: Waker,
}

#[derive(Default)]
struct Wakers {
    kept: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Once {
    pub(crate) fn new() -> Self {
        Self {
            happened: AtomicBool::new(false),
            wakers: Mutex::new(Wakers::default()),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.happened.load(Ordering::Acquire)
    }

    /// It happens. `first` is called before anybody knows, if it has not happened before.
    pub(crate) fn happen(&self, first: impl FnOnce()) {
        let mut wakers = self.lock();
        if self.has_happened() {
            return;
        }
        first();
        self.happened.store(true, Ordering::Release);
        self.changed.notify_all();
        let woken = std::mem::take(&mut *wakers);
        drop(wakers);
        woken.kept.into_iter().flatten().for_each(Waker::wake);
    }

    pub(crate) fn wait(&self) {
        let mut wakers = self.lock();
        while !self.has_happened() {
            wakers = self.changed.wait(wakers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for at most `timeout`; whether it has happened.
    pub(crate) fn wait_timeout(&self, timeout: Duration) -> bool {
        let begun = Instant::now();
        let mut wakers = self.lock();
        while !self.has_happened() {
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(wakers, left);
            wakers = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Whether it has happened; if not, the task is woken when it does. `place` is the task's own.
    ///
    /// A task that is polled again and again with the same waker takes no lock. Wakers are cloned
    /// and dropped without it: they may own whatever the task does.
    pub(crate) fn poll(&self, place: &mut Option<Place>, waker: &Waker) -> bool {
        if self.has_happened() {
            return true;
        }
        if place.as_ref().is_some_and(|place| place.waker.will_wake(waker)) {
            return false;
        }
        let (kept, own) = (waker.clone(), waker.clone());
        let mut wakers = self.lock();
        // Under the lock, or the wakers might be taken just before.
        if self.has_happened() {
            drop(wakers);
            return true;
        }
        let index = place.as_ref().map(|place| place.index);
        let (index, earlier) = wakers.keep(index, kept);
        drop(wakers);
        drop((earlier, place.replace(Place { index, waker: own })));
        false
    }

    /// The task waits no more.
    pub(crate) fn forget(&self, place: Place) {
        let waker = self.lock().forget(place.index);
        drop((waker, place));
    }

    /// Holds back what is about to happen meanwhile.
    pub(crate) fn hold<T>(&self, work: impl FnOnce() -> T) -> T {
        let wakers = self.lock();
        let done = work();
        drop(wakers);
        done
    }

    #[cfg(test)]
    pub(crate) fn is_awaited(&self) -> bool {
        self.lock().kept.iter().any(Option::is_some)
    }

    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wakers {
    /// Where it is kept now, and what was kept there.
    fn keep(&mut self, index: Option<usize>, waker: Waker) -> (usize, Option<Waker>) {
        let index = index.or_else(|| self.free.pop()).unwrap_or(self.kept.len());
        if index >= self.kept.len() {
            self.kept.resize_with(index + 1, || None);
        }
        (index, self.kept[index].replace(waker))
    }

    fn forget(&mut self, index: usize) -> Option<Waker> {
        // Nothing is there if it has happened meanwhile.
        let waker = self.kept.get_mut(index).and_then(Option::take);
        self.free.extend(waker.is_some().then_some(index));
        waker
    }
}
