//! Fds by number: inherited ones, which nobody owns yet, and those at numbers that matter.

#![allow(unsafe_code, reason = "fds are known by number alone before they have an owner")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// What is at a number, as fcntl(2) tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    /// Opened since this process began, or taken already: an fd that came through exec is never
    /// close-on-exec, and all that Rust opens is.
    CloseOnExec,
    Inheritable,
}

pub(crate) fn state(number: RawFd) -> State {
    // SAFETY: F_GETFD takes no argument, and a closed number is an error, not a fault.
    match unsafe { libc::fcntl(number, libc::F_GETFD) } {
        -1 => State::Closed,
        flags if flags & libc::FD_CLOEXEC != 0 => State::CloseOnExec,
        _ => State::Inheritable,
    }
}

/// Becomes the owner of an inherited fd, and makes it close-on-exec.
pub(crate) fn own(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_SETFD takes an integer, and a closed number is an error, not a fault.
    let set = unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    if set == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, and it was inheritable a moment ago, so that it came through exec and
    // has no owner in this process; from here on it is close-on-exec and not taken again.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Duplicates an fd to the lowest free number from `minimum`, close-on-exec.
pub(crate) fn duplicate_from(fd: BorrowedFd<'_>, minimum: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC takes an integer, and the borrowed fd is open.
    let number = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, minimum) };
    if number == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the number was free until now, so that nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Device and inode of the open file at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: libc::dev_t,
    inode: libc::ino_t,
}

/// What is open at a number; nothing if it is closed. Async-signal-safe.
pub(crate) fn identity(number: RawFd) -> Option<Identity> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the pointer is to memory of the right type, and a closed number is an error.
    let result = unsafe { libc::fstat(number, stat.as_mut_ptr()) };
    if result == -1 {
        return None;
    }
    // SAFETY: fstat succeeded, and so has written all of it.
    let stat = unsafe { stat.assume_init() };
    Some(Identity { device: stat.st_dev, inode: stat.st_ino })
}
