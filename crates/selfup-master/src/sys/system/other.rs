//! Systems where no master runs. What follows lets its code compile there, so that it is checked.

use std::os::fd::OwnedFd;

/// Whether a master runs on this system.
pub const RUNS_A_MASTER: bool = false;

/// waitid(2) considers the children of all threads.
pub(crate) const THIS_THREAD: libc::c_int = 0;

pub(crate) fn is_subreaper() -> bool {
    false
}

pub(crate) fn open_pidfd(_: libc::pid_t) -> Option<OwnedFd> {
    None
}
