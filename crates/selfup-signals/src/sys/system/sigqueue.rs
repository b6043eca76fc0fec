//! Sends a signal with a value by sigqueue(3).

use std::ffi::c_int;
use std::ptr;

use nix::errno::Errno;

pub(crate) fn queue(pid: libc::pid_t, signal: c_int, value: usize) -> nix::Result<()> {
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value) };
    // SAFETY: takes numbers only. The pointer is never dereferenced.
    let result = unsafe { libc::sigqueue(pid, signal, value) };
    Errno::result(result).map(drop)
}
