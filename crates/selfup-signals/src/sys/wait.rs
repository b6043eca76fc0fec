//! Ask about a child without waiting for it.

use std::mem::MaybeUninit;

use libc::siginfo_t;
use nix::errno::Errno;

use crate::pid::Pid;

/// Says whether a child is stopped, consuming nothing.
///
/// Not nix's `waitid`: that gives an error for a child that was killed by a real-time signal.
pub(crate) fn is_stopped(child: Pid) -> nix::Result<bool> {
    // Asked for the stop alone, the kernel answers "no such child" for one that has ended.
    let flags = libc::WSTOPPED | libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // Zeroed, because the kernel writes nothing if there is nothing to tell.
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    let id = child.as_raw().unsigned_abs();
    // SAFETY: `info` points to room for the answer.
    let result = unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) };
    Errno::result(result)?;
    // SAFETY: plain numbers, all zero or as the kernel wrote them.
    let info = unsafe { info.assume_init() };
    Ok(info.si_code == libc::CLD_STOPPED)
}
