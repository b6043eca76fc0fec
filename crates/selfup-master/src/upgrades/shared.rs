//! The state that the loop and the worker share.

use std::sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool};

use selfup_install::Id;

use super::{running::Running, workplace::Workplace};

/// The state that the loop and the worker share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The executable of the child that serves.
    pub(super) running: Running,
    pub(super) workplace: Workplace,
    /// Whether an executable is on trial that does not come from the worker.
    pub(super) is_trying: AtomicBool,
    rolled_back: Mutex<Option<Id>>,
}

impl Shared {
    /// The executable that was rolled back by hand after it was committed, until the worker has seen
    /// that it no longer runs.
    pub(super) fn rolled_back(&self) -> MutexGuard<'_, Option<Id>> {
        self.rolled_back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
