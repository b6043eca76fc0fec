//! Locking a whole file, see flock(2); the standard library can do so from Rust 1.89 on.
#![allow(
    unsafe_code,
    reason = "the safe wrapper in the tree panics where unlocking is interrupted"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::eintr::retry_on_eintr;

/// Locks a file for us alone, without waiting; whether that was possible.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    match flock(file, libc::LOCK_EX | libc::LOCK_NB) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        locked => locked.map(|()| true),
    }
}

/// Unlocks it, also for duplicates of the descriptor that a fork has made.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    flock(file, libc::LOCK_UN)
}

fn flock(file: &File, operation: libc::c_int) -> io::Result<()> {
    retry_on_eintr(|| {
        // SAFETY: the call takes two integers; the descriptor is open as long as the file lives.
        let result = unsafe { libc::flock(file.as_raw_fd(), operation) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    })
}
