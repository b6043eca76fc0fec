//! Signals that ask soak to end: they are looked for wherever it waits.

use super::stop::{Result, Stop};
use crate::command::Failure;
use selfup_signals::{Receiver, Signal};

#[derive(Debug)]
pub(super) struct Interrupts(Receiver);

impl Interrupts {
    /// From now on they end nothing by themselves.
    pub(super) fn new() -> Result<Self> {
        let receiver = Receiver::new([Signal::INT, Signal::TERM, Signal::HUP]);
        Ok(Self(receiver.map_err(|error| Failure::new(error.to_string()))?))
    }

    pub(super) fn check(&mut self) -> Result {
        match self.0.pending().next() {
            Some(received) => Err(Stop::Interrupted(received.signal)),
            None => Ok(()),
        }
    }
}
