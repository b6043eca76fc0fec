//! A set of signals, as plain data.

use selfup_signals::Signal;

/// The signals that a child has been sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SignalSet(u128);

impl SignalSet {
    pub(crate) fn insert(&mut self, signal: Signal) {
        self.0 |= bit(signal);
    }

    pub(crate) fn contains(self, signal: Signal) -> bool {
        self.0 & bit(signal) != 0
    }
}

/// Returns the bit of a signal. No system has a signal beyond 127.
fn bit(signal: Signal) -> u128 {
    u32::try_from(signal.as_raw()).ok().and_then(|number| 1_u128.checked_shl(number)).unwrap_or(0)
}
