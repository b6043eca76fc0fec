//! OpenBSD, which neither has real-time signals nor says where a signal came from.

use std::ffi::c_int;

pub(crate) use super::{pipe2::pipe, without_sigqueue::queue};
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

/// Past the last: there are no real-time signals.
pub(crate) fn first_real_time() -> c_int {
    last() + 1
}

/// The highest signal number.
pub(crate) fn last() -> c_int {
    32
}

pub(crate) fn sender(code: c_int) -> Sender {
    match code {
        0 => Sender::Unknown,
        code if code > 0 => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// The limit of core files is enough.
pub(crate) fn make_undumpable() {}
