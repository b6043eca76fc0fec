//! A descriptor that polls as readable when a process has ended.

use std::os::fd::OwnedFd;

use super::system::open_pidfd;

/// Opens a close-on-exec descriptor for a child that has not been waited for, so that its pid cannot have been
/// reused. Returns `None` if the kernel has no pidfds (before Linux 5.3, and other systems), forbids them, or has
/// no descriptor left.
pub(crate) fn open(child: libc::pid_t) -> Option<OwnedFd> {
    open_pidfd(child)
}
