//! Records the first start of an executable that was committed unstarted.

use std::io;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::short_lock::{self, ShortLock};
use crate::target::Target;

impl Target {
    /// Records that this process has started well. `running` returns the id of the executable that it runs.
    /// From then on the executable counts as one to roll back to.
    ///
    /// If this process runs the previous executable, and that is at the path again, it was rolled back by
    /// hand before the new one had been started once. The new one is then refused.
    ///
    /// This is cheap if there is nothing to record: it takes no lock and hashes nothing, and without a record
    /// it is one `open(2)` that fails.
    ///
    /// # Errors
    ///
    /// The record cannot be read or written. The caller can go on: the next start records it.
    pub fn has_started(&self, running: impl FnOnce() -> io::Result<Id>) -> Result<()> {
        if short_lock::read(self)?.is_none_or(|record| record.unstarted().is_none()) {
            return Ok(());
        }
        let running = running().map_err(|cause| {
            Error::system(
                format_args!("could not read what runs as {}", self.path().display()),
                cause,
            )
        })?;
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        let Some(unstarted) = record.unstarted() else { return Ok(()) };
        if unstarted.id == running {
            record.set_unstarted(None);
            turn.write(&record)
        } else if unstarted.previous == running && self.id()? == running {
            record.set_unstarted(None);
            let reason = "it was rolled back by hand before it had started once";
            record.refuse(unstarted.id, reason, SystemTime::now());
            turn.write(&record)
        } else {
            Ok(())
        }
    }
}
