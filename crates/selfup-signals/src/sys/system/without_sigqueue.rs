//! Sends a signal with a value where there is no sigqueue(3): the value is lost.

use std::ffi::c_int;

use nix::errno::Errno;

pub(crate) fn queue(pid: libc::pid_t, signal: c_int, _: usize) -> nix::Result<()> {
    // SAFETY: takes two numbers and no memory.
    let result = unsafe { libc::kill(pid, signal) };
    Errno::result(result).map(drop)
}
