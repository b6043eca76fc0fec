//! Examines and takes fds by their number: inherited ones, and those at the numbers for a child.

#![allow(unsafe_code, reason = "fds are known by number alone before they have an owner")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::system::{Stat, fstat};

/// The state of a number, by fcntl(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    /// Opened by this process, or taken already: an inherited fd is never close-on-exec, and every fd
    /// that Rust opens is.
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
    // SAFETY: it is open, and was inheritable until now, so it came through exec and has no owner
    // in this process. Now it is close-on-exec, so it is never taken again.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Duplicates an fd to the lowest free number from `minimum`, close-on-exec.
pub(crate) fn duplicate_from(fd: BorrowedFd<'_>, minimum: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC takes an integer, and the borrowed fd is open.
    let number = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, minimum) };
    if number == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the number was free until now, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The device and inode of the open file at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    // Each system has numbers of another width; these hold all of them.
    device: i128,
    inode: i128,
}

/// Returns the open file at a number, or `None` if the number is closed. Async-signal-safe.
pub(crate) fn identity(number: RawFd) -> Option<Identity> {
    let stat = stat(number)?;
    Some(Identity { device: stat.st_dev.into(), inode: stat.st_ino.into() })
}

/// Returns the type of the file of an fd: the bits of `S_IFMT`.
pub(crate) fn file_type(fd: BorrowedFd<'_>) -> Option<libc::mode_t> {
    Some(stat(fd.as_raw_fd())?.st_mode as libc::mode_t & libc::S_IFMT)
}

/// Async-signal-safe.
fn stat(number: RawFd) -> Option<Stat> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    // SAFETY: the pointer leads to memory of the right type, and a closed number is an error.
    let result = unsafe { fstat(number, stat.as_mut_ptr()) };
    if result == -1 {
        return None;
    }
    // SAFETY: fstat succeeded, so it has written the whole value.
    Some(unsafe { stat.assume_init() })
}
