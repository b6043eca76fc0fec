//! Send any signal, real-time ones included. Every function here is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::sigset_t;
use nix::errno::Errno;

use super::disposition::set_default;
use crate::origin::Value;
use crate::pid::Pid;
use crate::signal::Signal;

/// Sends a signal to a process.
pub(crate) fn kill(pid: Pid, signal: Signal) -> nix::Result<()> {
    // SAFETY: takes two numbers and no memory.
    let result = unsafe { libc::kill(pid.as_raw(), signal.as_raw()) };
    Errno::result(result).map(drop)
}

/// Sends a signal to a process group.
pub(crate) fn kill_group(leader: Pid, signal: Signal) -> nix::Result<()> {
    // SAFETY: takes two numbers and no memory.
    let result = unsafe { libc::killpg(leader.as_raw(), signal.as_raw()) };
    Errno::result(result).map(drop)
}

/// Sends a signal with a value to a process.
pub(crate) fn queue(pid: Pid, signal: Signal, value: Value) -> nix::Result<()> {
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value.as_bits()) };
    // SAFETY: takes numbers only; the pointer is one that nobody here follows.
    let result = unsafe { libc::sigqueue(pid.as_raw(), signal.as_raw(), value) };
    Errno::result(result).map(drop)
}

/// Raises a signal in the calling thread.
pub(crate) fn raise(signal: Signal) {
    // SAFETY: takes a number. It cannot fail for a number that is a signal.
    unsafe { libc::raise(signal.as_raw()) };
}

/// Raises a signal that is not blocked in the calling thread.
pub(crate) fn raise_unblocked(signal: Signal) {
    unblock(signal);
    raise(signal);
}

/// Raises a signal with its default action; returns if that leaves the process alive.
pub(crate) fn raise_by_default(signal: Signal) {
    let _ = set_default(signal);
    unblock(signal);
    raise(signal);
}

/// Called in the handler of a signal, leaves it to its default action, which comes as soon as the
/// handler returns: until then the kernel holds the signal back.
pub(crate) fn raise_by_default_on_return(signal: Signal) {
    let _ = set_default(signal);
    raise(signal);
}

/// Lets the calling thread have one signal, and no other that waits.
fn unblock(signal: Signal) {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: points to room for a set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set was initialised above.
    unsafe { libc::sigaddset(set.as_mut_ptr(), signal.as_raw()) };
    // SAFETY: the set is initialised, and a null `oldset` asks for nothing.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut()) };
}
