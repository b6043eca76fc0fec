//! A descriptor that polls as readable when a process has ended.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// One for a child that was not waited for, so that its pid is nobody else's; close-on-exec. Nothing
/// where the kernel has none (before Linux 5.3), forbids it, or has no descriptor left.
///
/// See [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
pub(crate) fn open(child: libc::pid_t) -> Option<OwnedFd> {
    // SAFETY: takes two integers.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, child, 0) };
    let number = RawFd::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: the kernel has just opened it for this process, and nobody else knows its number.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}
