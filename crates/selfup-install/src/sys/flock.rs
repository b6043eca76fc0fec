//! Locks files with flock(2). The standard library offers this from Rust 1.89 on.
#![allow(
    unsafe_code,
    reason = "the safe wrapper in the tree panics where unlocking is interrupted"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::eintr::retry_on_eintr;

/// Locks a file exclusively, without waiting, and returns whether that was possible.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    match flock(file, libc::LOCK_EX | libc::LOCK_NB) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        locked => locked.map(|()| true),
    }
}

/// Unlocks a file, also for duplicates of the descriptor in forked processes.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    flock(file, libc::LOCK_UN)
}

fn flock(file: &File, operation: libc::c_int) -> io::Result<()> {
    retry_on_eintr(|| {
        // SAFETY: the call takes two integers. The descriptor is open as long as the file exists.
        let result = unsafe { libc::flock(file.as_raw_fd(), operation) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    })
}
