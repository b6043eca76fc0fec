//! Sends any signal, real-time signals included. Every function here is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::sigset_t;
use nix::errno::Errno;

use super::disposition::set_default;
use super::system;
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

/// Sends a signal with a value to a process, where the system can.
pub(crate) fn queue(pid: Pid, signal: Signal, value: Value) -> nix::Result<()> {
    system::queue(pid.as_raw(), signal.as_raw(), value.as_bits())
}

/// Raises a signal in the calling thread.
pub(crate) fn raise(signal: Signal) {
    // SAFETY: takes a number. It cannot fail for a number that is a signal.
    unsafe { libc::raise(signal.as_raw()) };
}

/// Unblocks a signal in the calling thread, and raises it.
pub(crate) fn raise_unblocked(signal: Signal) {
    unblock(signal);
    raise(signal);
}

/// Raises a signal with its default action. Returns if the process survives that.
pub(crate) fn raise_by_default(signal: Signal) {
    let _ = set_default(signal);
    unblock(signal);
    raise(signal);
}

/// Called in the handler of a signal: the default action follows as soon as the handler returns. Until
/// then the kernel blocks the signal.
pub(crate) fn raise_by_default_on_return(signal: Signal) {
    let _ = set_default(signal);
    raise(signal);
}

/// Unblocks one signal in the calling thread, and no other.
fn unblock(signal: Signal) {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: points to room for a set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set was initialised above.
    unsafe { libc::sigaddset(set.as_mut_ptr(), signal.as_raw()) };
    // SAFETY: the set is initialised, and a null `oldset` requests nothing.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut()) };
}
