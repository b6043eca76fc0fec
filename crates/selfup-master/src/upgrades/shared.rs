//! The state that the loop and the worker share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::SystemTime,
};

use selfup_install::{Id, PublicKey};

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
    adopted: Mutex<Option<Vec<PublicKey>>>,
    looks: Mutex<Looks>,
}

/// When the source is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looks {
    /// When it was last asked.
    pub(crate) last: Option<SystemTime>,
    /// When it is asked again; `None` while it is asked, or if there is no source.
    pub(crate) next: Option<SystemTime>,
}

impl Shared {
    /// The executable that was rolled back by hand after it was committed, until the worker has seen
    /// that it no longer runs.
    pub(super) fn rolled_back(&self) -> MutexGuard<'_, Option<Id>> {
        self.rolled_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the source was asked, and is asked again.
    pub(super) fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of another program that serves, until the worker has taken them.
    pub(super) fn adopted(&self) -> MutexGuard<'_, Option<Vec<PublicKey>>> {
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
