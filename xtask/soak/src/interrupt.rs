//! Signals that ask soak to end: they are looked for wherever it waits.

use selfup_signals::Receiver;
use xtask_support::interrupt;
use xtask_support::stop::{Result, Stop};

#[derive(Debug)]
pub(super) struct Interrupts(Receiver);

impl Interrupts {
    /// Catches the signals: from now on they end nothing by themselves.
    pub(super) fn new() -> Result<Self> {
        Ok(Self(interrupt::receiver()?))
    }

    pub(super) fn check(&mut self) -> Result {
        match self.0.pending().next() {
            Some(received) => Err(Stop::Interrupted(received.signal)),
            None => Ok(()),
        }
    }
}
