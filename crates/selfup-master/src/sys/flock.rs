//! Locking a file for one process.

use std::{fs::File, io, os::fd::AsRawFd};

/// Locks a file for this process alone, without waiting; whether that was possible. The standard
/// library can do so from Rust 1.89 on; nix's wrapper unlocks it again.
///
/// See [flock(2)](https://man7.org/linux/man-pages/man2/flock.2.html).
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    flock(file, libc::LOCK_EX)
}

/// Locks it beside others who do the same.
pub(crate) fn try_lock_shared(file: &File) -> io::Result<bool> {
    flock(file, libc::LOCK_SH)
}

fn flock(file: &File, kind: libc::c_int) -> io::Result<bool> {
    // SAFETY: takes two integers; the descriptor is open as long as the file lives.
    let result = unsafe { libc::flock(file.as_raw_fd(), kind | libc::LOCK_NB) };
    match io::Error::last_os_error() {
        _ if result == 0 => Ok(true),
        error if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        error => Err(error),
    }
}
