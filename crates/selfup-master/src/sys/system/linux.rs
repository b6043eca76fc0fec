//! Linux, where a master runs.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Whether a master runs on this system.
pub const RUNS_A_MASTER: bool = true;

/// waitid(2) considers the children of the calling thread alone.
pub(crate) const THIS_THREAD: libc::c_int = libc::__WNOTHREAD;

pub(crate) fn is_subreaper() -> bool {
    nix::sys::prctl::get_child_subreaper().unwrap_or(false)
}

/// See [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
pub(crate) fn open_pidfd(child: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: takes two integers.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, child, 0) };
    let number = RawFd::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: the kernel has just opened it for this process, and no other code has its number.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}
