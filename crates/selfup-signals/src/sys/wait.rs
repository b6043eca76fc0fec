//! Queries the state of a child without waiting for it.

use std::mem::MaybeUninit;

use libc::siginfo_t;
use nix::errno::Errno;

use crate::pid::Pid;

/// Returns whether a child is stopped, without consuming its status.
///
/// nix's `waitid` does not serve here: it returns an error for a child that was killed by a real-time
/// signal.
pub(crate) fn is_stopped(child: Pid) -> nix::Result<bool> {
    // With WSTOPPED alone, the kernel returns ECHILD for a child that has ended.
    let flags = libc::WSTOPPED | libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // Zeroed, because the kernel writes nothing if there is nothing to report.
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    let id = child.as_raw() as libc::id_t;
    // SAFETY: `info` points to room for the result.
    let result = unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) };
    Errno::result(result)?;
    // SAFETY: plain numbers, all zero or as the kernel wrote them.
    let info = unsafe { info.assume_init() };
    Ok(info.si_code == libc::CLD_STOPPED)
}
