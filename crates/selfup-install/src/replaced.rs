//! Compares the executable at the path with the one that runs.

use std::fs::File;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::installed::Installed;
use crate::occupant::Occupant;
use crate::previous::keep_running;
use crate::record::Record;
use crate::short_lock::ShortLock;
use crate::target::Target;

/// How the executable at the path compares with the one that runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Replaced {
    /// It is the same.
    No,
    /// The executable that runs was rolled back by hand.
    RolledBack {
        /// The executable that still runs.
        refused: Id,
        /// The executable at the path.
        present: Id,
    },
    /// It is another one, and the one that runs has been kept as the previous executable already: another
    /// installer has put it there, and decides about it.
    ByAnother {
        /// The executable at the path.
        present: Id,
    },
    /// It is another one, which was put there by hand. The one that runs is kept as the previous executable
    /// from now on, and [`Installed::roll_back`] returns to it.
    ///
    /// No trial is recorded: the executable was put there deliberately, so while no child serves, that is
    /// what a start runs.
    ByHand(Installed),
}

impl Target {
    /// Compares the executable at the path, which is about to be started, with the one that runs, and keeps the
    /// latter unless another process has. `file` is the one that runs (`/proc/PID/exe`, whose file may have
    /// no name any more).
    ///
    /// `is_ours` returns whether the caller itself has kept the previous executable before.
    ///
    /// This reads both executables completely.
    ///
    /// # Errors
    ///
    /// One of them cannot be read, or the previous one cannot be written. The path is unchanged in any case.
    pub fn replaced(&self, file: &File, is_ours: impl Fn(Id) -> bool) -> Result<Replaced> {
        let path = self.resolved().display();
        let running = Id::of_file(file).map_err(|cause| {
            Error::system(format_args!("could not read the executable that was at {path}"), cause)
        })?;
        let found = Occupant::at(self.resolved())?.id;
        if found == running {
            return Ok(Replaced::No);
        }
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        let present = Occupant::at(self.resolved())?.id;
        if present == running {
            return Ok(Replaced::No);
        }
        if record.refusal(running).is_some_and(|refusal| refusal.failures() == 0) {
            return Ok(Replaced::RolledBack { refused: running, present });
        }
        if let Some(installed) = self.on_trial_in_place(&record, present, running) {
            return Ok(Replaced::ByHand(installed));
        }
        let is_kept = self.kept()?.is_some_and(|kept| kept.id().is_ok_and(|kept| kept == running));
        if is_kept && !is_ours(running) {
            return Ok(Replaced::ByAnother { present });
        }
        if !is_kept {
            keep_running(&turn, file)?;
        }
        if record.forgive(present) {
            turn.write(&record)?;
        }
        Ok(Replaced::ByHand(Installed::new(self.clone(), present, running, None)))
    }

    /// Returns the executable at the path if an installer has left it on trial there.
    fn on_trial_in_place(&self, record: &Record, present: Id, running: Id) -> Option<Installed> {
        let trial = record.trial_of(present).filter(|trial| trial.previous == running)?;
        Some(Installed::new(self.clone(), trial.id, trial.previous, None))
    }
}
