//! How many connections the program has, which the master is told from time to time.

use super::sync::{AtomicBool, AtomicU32, Ordering};

/// How many connections the program has.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    open: AtomicU32,
    /// Whether the number has changed since it was taken.
    changed: AtomicBool,
}

impl Tally {
    /// Counts one more, and returns whether the control thread has to be woken.
    pub(crate) fn add(&self) -> bool {
        self.open.fetch_add(1, Ordering::AcqRel);
        self.change()
    }

    /// Counts one less, and returns whether the control thread has to be woken.
    pub(crate) fn subtract(&self) -> bool {
        self.open.fetch_sub(1, Ordering::AcqRel);
        self.change()
    }

    /// The number has changed before. Who finds that noted leaves it to the one that takes the number: it sees
    /// everything that came before any of the notes.
    fn change(&self) -> bool {
        !self.changed.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn has_changed(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    /// Returns the number, if it has changed since the last call.
    pub(crate) fn take(&self) -> Option<u32> {
        // What changes from here on wakes the control thread again.
        self.changed.swap(false, Ordering::AcqRel).then(|| self.open.load(Ordering::Acquire))
    }
}
