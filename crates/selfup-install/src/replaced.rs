//! What somebody else has put at the path of a program that runs.

use std::fs::File;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::installed::Installed;
use crate::occupant::Occupant;
use crate::previous::keep_running;
use crate::record::Record;
use crate::short_lock::ShortLock;
use crate::target::Target;

/// How what is at the path compares with what runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Replaced {
    /// The same bytes.
    No,
    /// What runs was refused by hand, and this is what was put back.
    RolledBack {
        /// What runs still.
        refused: Id,
        /// What is at the path.
        present: Id,
    },
    /// Another one, and what runs is kept as the previous executable already: another installer has
    /// put it there and answers for it.
    ByAnother {
        /// What is at the path.
        present: Id,
    },
    /// Another one, put there by hand. What runs is kept as the previous executable from now on, and
    /// can be put back by [`Installed::revert`].
    ///
    /// No trial is written down: who put it there asked for it, and whatever starts at the path while
    /// nobody serves is that.
    ByHand(Installed),
}

impl Target {
    /// Looks at what is at the path, for a program that is about to start it, where `file` is the
    /// executable that it runs so far (`/proc/PID/exe`, whose file may have no name any more); keeps
    /// that one if nobody else has.
    ///
    /// With `is_ours`, the previous executable is what this caller has kept before.
    ///
    /// It reads all of both executables.
    ///
    /// # Errors
    ///
    /// What keeps either from being read, or the previous one from being written. The path is left
    /// alone in any case.
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

    /// By an installer that has left it to its starts to prove it.
    fn on_trial_in_place(&self, record: &Record, present: Id, running: Id) -> Option<Installed> {
        let trial = record.trial_of(present).filter(|trial| trial.previous == running)?;
        Some(Installed::new(self.clone(), trial.id, trial.previous, None))
    }
}
