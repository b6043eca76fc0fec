//! NetBSD; see `sys/signal.h` and `sys/siginfo.h`. The `libc` crate has no constants for what follows.

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
    33
}

/// `SIGRTMAX`.
pub(crate) fn last() -> c_int {
    63
}

pub(crate) fn sender(code: c_int) -> Sender {
    match code {
        // `SI_USER` and `SI_LWP`.
        0 | -5 => Sender::Process,
        // `SI_QUEUE`.
        -1 => Sender::Queued,
        // `SI_NOINFO` among them.
        code if code > 0 => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// The limit of core files is enough.
pub(crate) fn make_undumpable() {}
