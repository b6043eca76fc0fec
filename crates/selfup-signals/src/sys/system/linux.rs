//! Linux and Android; see signal(7) and sigaction(2).

use std::ffi::c_int;

pub(crate) use super::{pipe2::pipe, sigqueue::queue};
use crate::sys::sender::Sender;

/// Calls a macro with the signals that not every system has.
macro_rules! signals_of_this_system {
    ($declare:ident) => {
        $declare! {
            /// Unused by Linux, but catchable.
            STKFLT = SIGSTKFLT,
            /// Power failure.
            PWR = SIGPWR,
        }
    };
}
pub(crate) use signals_of_this_system;

/// The first real-time signal that the C library leaves to programs.
pub(crate) fn first_real_time() -> c_int {
    libc::SIGRTMIN()
}

/// The highest signal number.
pub(crate) fn last() -> c_int {
    libc::SIGRTMAX()
}

pub(crate) fn sender(code: c_int) -> Sender {
    match code {
        libc::SI_USER | libc::SI_TKILL => Sender::Process,
        libc::SI_QUEUE => Sender::Queued,
        code if code > 0 => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// Forbids a core file where its limit does not: a core_pattern that is a pipe disregards that.
pub(crate) fn make_undumpable() {
    let (option, off): (c_int, libc::c_ulong) = (libc::PR_SET_DUMPABLE, 0);
    // SAFETY: takes numbers and no memory.
    unsafe { libc::prctl(option, off, off, off, off) };
}
