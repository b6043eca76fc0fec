//! A descriptor that polls as readable when a process has ended.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Opens a close-on-exec descriptor for a child that has not been waited for, so that its pid cannot have been
/// reused. Returns `None` if the kernel has no pidfds (before Linux 5.3), forbids them, or has no
/// descriptor left.
///
/// See [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
pub(crate) fn open(child: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: takes two integers.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, child, 0) };
    let number = RawFd::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: the kernel has just opened it for this process, and no other code has its number.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}
