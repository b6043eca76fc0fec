//! macOS and its relatives. The kernel sets `si_code` to 0 for nearly every signal, and the sender's pid to that
//! of the process that ran at the moment (`kern_sig.c`).

use std::ffi::c_int;
use std::io;
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::unistd::pipe as pipe_without_flags;

pub(crate) use super::without_sigqueue::queue;
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
    31
}

pub(crate) fn sender(code: c_int) -> Sender {
    match code {
        0 => Sender::Unknown,
        // `SI_USER` and `SI_QUEUE` of the header.
        0x10001 => Sender::Process,
        0x10002 => Sender::Queued,
        1..=0xffff => Sender::Kernel,
        _ => Sender::Other,
    }
}

/// There is no pipe2(2): the ends become close-on-exec and non-blocking a moment after they were opened.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let ends = pipe_without_flags()?;
    for end in [&ends.0, &ends.1] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        let flags = OFlag::from_bits_retain(fcntl(end, FcntlArg::F_GETFL)?);
        fcntl(end, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    }
    Ok(ends)
}

/// The limit of core files is enough.
pub(crate) fn make_undumpable() {}
