//! illumos and Solaris. The keys of a terminal have the same `si_code` as kill(2).

use std::ffi::c_int;

pub(crate) use super::{pipe2::pipe, sigqueue::queue};
use crate::sys::sender::Sender;

/// Calls a macro with the signals that not every system has.
macro_rules! signals_of_this_system {
    ($declare:ident) => {
        $declare! {
            /// Emulation trap.
            EMT = SIGEMT,
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
        0 => Sender::Unknown,
        // `SI_LWP`.
        -1 => Sender::Process,
        // `SI_QUEUE`.
        -2 => Sender::Queued,
        code if code > 0 => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// The limit of core files is enough.
pub(crate) fn make_undumpable() {}
