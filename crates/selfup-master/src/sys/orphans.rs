//! Finds children that have ended, without reaping them.

use std::{io, mem::MaybeUninit, ptr};

use libc::{pid_t, siginfo_t};
use nix::errno::Errno;

use super::system::{THIS_THREAD, is_subreaper};

/// Returns a child that has ended, if there is one. It can still be waited for.
///
/// This considers the children of the calling thread alone: those that it has forked itself and, in the main
/// thread, the orphans that the kernel has given to this process. See `__WNOTHREAD` in
/// [waitid(2)](https://man7.org/linux/man-pages/man2/waitid.2.html). (nix's `waitid` returns an error for a
/// child that was killed by a real-time signal.)
pub(crate) fn ended_child_of_this_thread() -> io::Result<Option<pid_t>> {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | THIS_THREAD;
    // Zeroed, because the kernel writes nothing if there is nothing to report.
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    // SAFETY: `info` points to room for the result.
    let result = unsafe { libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), flags) };
    match Errno::result(result) {
        Ok(_) => {}
        Err(Errno::ECHILD) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    }
    // SAFETY: plain numbers, all zero or as the kernel wrote them.
    let info = unsafe { info.assume_init() };
    // SAFETY: zero, or the pid that the kernel wrote for a child.
    let pid = unsafe { info.si_pid() };
    Ok((pid != 0).then_some(pid))
}

/// Returns whether a child has ended. It can still be waited for.
pub(crate) fn has_ended(child: pid_t) -> bool {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // Zeroed, because the kernel writes nothing if there is nothing to report.
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    let id = child as libc::id_t;
    // SAFETY: `info` points to room for the result.
    let result = unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) };
    // SAFETY: plain numbers, all zero or as the kernel wrote them.
    let info = unsafe { info.assume_init() };
    // SAFETY: zero, or the pid that the kernel wrote for a child.
    result == 0 && unsafe { info.si_pid() } == child
}

/// Takes a child that has ended off the process table.
pub(crate) fn take_off(pid: pid_t) -> io::Result<()> {
    // SAFETY: takes numbers, and a null `status` requests nothing.
    let result = unsafe { libc::waitpid(pid, ptr::null_mut(), libc::WNOHANG) };
    Ok(Errno::result(result).map(drop)?)
}

/// Returns whether the kernel gives orphans to this process, because it is pid 1 of a container or a child
/// subreaper. See
/// [PR_SET_CHILD_SUBREAPER](https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html).
pub(crate) fn come_to_this_process() -> bool {
    std::process::id() == 1 || is_subreaper()
}
