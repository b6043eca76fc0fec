//! The first start of what was installed for good: that it took place, or that it never will.

use std::io;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::short_lock::{self, ShortLock};
use crate::target::Target;

impl Target {
    /// Notes that this process, which runs the executable that `running` is the id of, has started
    /// well. From then on the executable counts as one to go back to.
    ///
    /// If the process runs the previous executable, which is at the path again, somebody has put it
    /// back by hand before the new one had been started once: the new one is refused then.
    ///
    /// Cheap where nothing is to be noted: no lock is taken and nothing hashed; without a record it is
    /// one `open(2)` that fails.
    ///
    /// # Errors
    ///
    /// What keeps the record from being read or written. It is no reason not to go on: it is noted by
    /// the next start that can.
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
