//! Executes the new file in place of this process, and loses no signal by that.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{coordinator::Coordinator, error::Error};

/// A thread blocks signals within a millisecond, unless the machine is busy. One that never does, because it blocks
/// them by itself and works all the time, is not waited for longer.
const HOLD: Duration = Duration::from_secs(1);

impl Coordinator {
    /// Returns only if that failed.
    ///
    /// In this thread, which executes the file, every signal is blocked. What arrives while the others do not block
    /// it yet, they receive; that waits for the new file again, like what arrives later.
    pub(crate) fn execute(&mut self) -> Error {
        let held = self.hold_signals();
        self.warn_of(held);
        self.receiver.put_back();
        if self.situation.again {
            let signal = nix::sys::signal::Signal::try_from(self.settings.upgrade_signal.as_raw());
            let _waits = signal.and_then(nix::sys::signal::raise);
        }
        let trial = self.probation.executable();
        self.recipe.execute(&self.upgrader, self.next.as_ref(), &self.manager, trial)
    }

    fn hold_signals(&self) -> Result<(), String> {
        let end = Instant::now() + HOLD;
        loop {
            let why = match self.receiver.hold() {
                Ok(true) => return Ok(()),
                Ok(false) if Instant::now() < end => {
                    thread::yield_now();
                    continue;
                }
                Ok(false) => "a thread blocks them by itself, and does not sleep".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(format!(
                "could not keep signals for the new file: {why}; send one again that has no effect"
            ));
        }
    }
}
