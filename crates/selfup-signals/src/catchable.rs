//! Which signals a process can receive, and which ones a supervisor forwards.

use crate::names;
use crate::signal::Signal;

/// The synchronous faults. A handler for one of them would return to the instruction that failed.
const FAULTS: [Signal; 4] = [Signal::SEGV, Signal::BUS, Signal::FPE, Signal::ILL];

/// The signals for which the kernel allows no handler.
const UNCATCHABLE: [Signal; 2] = [Signal::KILL, Signal::STOP];

/// The signals that concern the receiving process itself: its children, its pipes, its sockets.
const OWN: [Signal; 3] = [Signal::CHLD, Signal::PIPE, Signal::URG];

/// The signals that may be ignored although nobody asked for it: Rust's runtime ignores SIGPIPE before
/// `main`, and a process that inherits an ignored SIGCHLD cannot wait for its children.
const IGNORED_BY_CHANCE: [Signal; 2] = [Signal::PIPE, Signal::CHLD];

impl Signal {
    /// Returns whether a [`Receiver`](crate::Receiver) can receive this signal.
    ///
    /// This is `false` for `SIGKILL` and `SIGSTOP`, for the synchronous faults, and for the numbers
    /// that the C library reserves for itself.
    #[must_use]
    pub fn is_catchable(self) -> bool {
        !UNCATCHABLE.contains(&self) && !FAULTS.contains(&self) && !self.is_reserved()
    }

    /// Returns whether a supervisor forwards this signal to its child.
    ///
    /// These are the catchable signals, real-time signals included, except those that concern the
    /// receiving process itself: `SIGCHLD`, `SIGPIPE` and `SIGURG`.
    #[must_use]
    pub fn is_forwardable(self) -> bool {
        self.is_catchable() && !OWN.contains(&self)
    }

    /// Lists every [forwardable](Self::is_forwardable) signal, in ascending order.
    pub fn forwardable() -> impl Iterator<Item = Self> {
        Self::every().filter(|signal| signal.is_forwardable())
    }

    /// Returns whether this signal, if it is ignored, was ignored deliberately.
    pub(crate) fn is_ignored_on_purpose(self) -> bool {
        !IGNORED_BY_CHANCE.contains(&self)
    }

    /// Returns whether the C library reserves this number for itself.
    pub(crate) fn is_reserved(self) -> bool {
        names::name(self).is_none() && !self.is_real_time()
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::c_int;

    use super::*;

    #[test]
    fn all_signals_are_forwardable_but_nine_and_the_reserved_ones() {
        let forwardable: Vec<c_int> = Signal::forwardable().map(Signal::as_raw).collect();
        let excluded = [
            libc::SIGKILL,
            libc::SIGSTOP,
            libc::SIGCHLD,
            libc::SIGPIPE,
            libc::SIGURG,
            libc::SIGSEGV,
            libc::SIGBUS,
            libc::SIGFPE,
            libc::SIGILL,
        ];
        let expected: Vec<c_int> = (1..32)
            .chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
            .filter(|number| !excluded.contains(number))
            .collect();
        assert_eq!(forwardable, expected);
    }

    #[test]
    fn reserved_numbers_are_signals_but_not_catchable() {
        let reserved = Signal::from_raw(32).unwrap();
        assert!(!reserved.is_catchable());
        assert_eq!(reserved.to_string(), "signal 32");
    }
}
