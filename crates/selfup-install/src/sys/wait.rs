//! Waits for the end of a child without reaping it.
#![allow(unsafe_code, reason = "nix has waitid on few systems")]

use std::mem::MaybeUninit;

use nix::errno::Errno;
use nix::unistd::Pid;

/// Returns when the child has ended, or cannot be waited for. It stays a zombie.
pub(crate) fn wait_until_ended(child: Pid) {
    let flags = libc::WEXITED | libc::WNOWAIT;
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let id = child.as_raw() as libc::id_t;
    loop {
        // SAFETY: `info` points to room for the result.
        let result = unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) };
        if Errno::result(result) != Err(Errno::EINTR) {
            return;
        }
    }
}
