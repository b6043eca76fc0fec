//! Locks files with flock(2).

use std::{fs::File, io, os::fd::AsRawFd};

/// Locks a file exclusively, without waiting, and returns whether that was possible. The standard library
/// offers this from Rust 1.89 on, and nix's wrapper unlocks the file when it is dropped.
///
/// See [flock(2)](https://man7.org/linux/man-pages/man2/flock.2.html).
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    flock(file, libc::LOCK_EX)
}

/// Takes a shared lock, without waiting, and returns whether that was possible.
pub(crate) fn try_lock_shared(file: &File) -> io::Result<bool> {
    flock(file, libc::LOCK_SH)
}

fn flock(file: &File, kind: libc::c_int) -> io::Result<bool> {
    // SAFETY: takes two integers. The descriptor is open as long as the file exists.
    let result = unsafe { libc::flock(file.as_raw_fd(), kind | libc::LOCK_NB) };
    match io::Error::last_os_error() {
        _ if result == 0 => Ok(true),
        error if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        error => Err(error),
    }
}
