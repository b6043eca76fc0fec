//! FreeBSD; see `sys/signal.h`. The `libc` crate has no constants for what follows.

use std::ffi::c_int;

pub(crate) use super::{pipe2::pipe, sigqueue::queue};
use crate::sys::sender::Sender;

/// Calls a macro with the signals that not every system has.
macro_rules! signals_of_this_system {
    ($declare:ident) => {
        $declare! {
            /// A question for the status: Ctrl-T.
            INFO = SIGINFO,
            /// Emulation trap.
            EMT = SIGEMT,
        }
    };
}
pub(crate) use signals_of_this_system;

/// `SIGRTMIN`.
pub(crate) fn first_real_time() -> c_int {
    65
}

/// `SIGRTMAX`.
pub(crate) fn last() -> c_int {
    126
}

pub(crate) fn sender(code: c_int) -> Sender {
    match code {
        // `SI_USER` and `SI_LWP`.
        0x10001 | 0x10007 => Sender::Process,
        // `SI_QUEUE`.
        0x10002 => Sender::Queued,
        // `SI_KERNEL`, as for the keys of a terminal, and the reasons of faults and of SIGCHLD.
        0x10006 | 1..=0xffff => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// Takes this process out of core dumps; see procctl(2). (Its limit does the same.)
pub(crate) fn make_undumpable() {
    let mut off: c_int = libc::PROC_TRACE_CTL_DISABLE;
    // SAFETY: the command reads one int, for which the pointer is valid.
    unsafe {
        libc::procctl(libc::P_PID, 0, libc::PROC_TRACE_CTL, (&raw mut off).cast());
    }
}
