//! Finds out at a start whether an upgrade is on trial, and rolls it back after too many starts.

use std::time::SystemTime;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::installed::Installed;
use crate::previous::{Restored, rename_previous};
use crate::reason::Why;
use crate::record::{InPlace, Record};
use crate::refusal::Refusal;
use crate::short_lock::{self, ShortLock};
use crate::take_up::{Found, take_up};
use crate::target::Target;
use crate::trial::Trial;

/// What [`Target::begin`] finds at the start of a program.
#[derive(Debug)]
#[non_exhaustive]
pub enum Start {
    /// Nothing is on trial.
    Settled,
    /// The executable at the path is an upgrade that has not survived its probation yet.
    OnTrial {
        /// The handle that commits it or rolls it back.
        installed: Installed,
        /// The number of its starts on trial, including this one.
        starts: u32,
    },
    /// An upgrade beside the target has not survived its probation yet, and no other process has it. The
    /// path leads to the proven executable.
    Beside {
        /// The handle that commits it or rolls it back.
        trial: Trial,
        /// The number of times that it was taken up, including this one.
        starts: u32,
    },
    /// An upgrade beside the target was taken up too often without surviving its probation, and has been
    /// removed. The path leads to the proven executable, as it did all the time.
    GivenUp {
        /// The executable that failed.
        refused: Id,
        /// The number of times that it was taken up.
        starts: u32,
    },
    /// The upgrade was started too often without surviving its probation, and has been rolled back. This
    /// process still runs the refused executable.
    RolledBack {
        /// The executable that is refused from now on.
        refused: Id,
        /// The executable that is at the path now.
        restored: Restored,
        /// The number of starts of the refused executable.
        starts: u32,
    },
}

impl Start {
    /// The default for how many times an upgrade may be started without surviving its probation.
    ///
    /// It is 3, because the operator or the machine may be to blame for one such end, and a process manager
    /// gives up not much later.
    pub const DEFAULT_MAX: u32 = 3;
}

impl Target {
    /// Checks whether an upgrade is on trial. Call this at the start of a program, before anything else.
    ///
    /// This counts the start of an executable on trial. If it was started `max_starts` times already without
    /// surviving its probation, it is rolled back; with 0, that is so at the first start.
    ///
    /// Work that a crash left half done is finished or dropped. If the executable on trial is no longer at the
    /// path, it was replaced by hand, and the trial is dropped.
    ///
    /// A trial belongs to the executable, not to the process. If several processes share one executable,
    /// each start counts, the first commit ends the trial for all, and a rollback by one of them stands.
    ///
    /// This is cheap if nothing is on trial: it takes no lock and hashes nothing, and without a record it is
    /// one `open(2)` that fails.
    ///
    /// If there is no executable to roll back to, this returns [`Start::OnTrial`] however often the upgrade
    /// was started, and [`Installed::warning`] returns the reason.
    ///
    /// # Errors
    ///
    /// The record could not be read or written: [`Busy`](ErrorKind::Busy) if another process has been changing
    /// the target for 10 s, [`NotWritable`](ErrorKind::NotWritable), [`ReadOnly`](ErrorKind::ReadOnly),
    /// [`NoSpace`](ErrorKind::NoSpace), [`Io`](ErrorKind::Io), or [`NotFound`](ErrorKind::NotFound) if there
    /// is no target. The target is unchanged, and the program can start all the same.
    pub fn begin(&self, max_starts: u32) -> Result<Start> {
        let is_settled = |record: &Record| !record.has_trials() && record.candidates().is_empty();
        if short_lock::read(self)?.is_none_or(|record| is_settled(&record)) {
            return Ok(Start::Settled);
        }
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        if is_settled(&record) {
            return Ok(Start::Settled);
        }
        let id = self.id()?;
        record.keep_trial(id);
        let Some(trial) = record.trial_of(id) else {
            return Ok(match take_up(&turn, record, max_starts)? {
                Found::Nothing => Start::Settled,
                Found::Trial(trial, starts) => Start::Beside { trial, starts },
                Found::GivenUp { refused, starts } => Start::GivenUp { refused, starts },
            });
        };
        // It is refused and still at the path: a rollback was interrupted.
        if trial.starts >= max_starts || record.refusal(trial.id).is_some() {
            match go_back(&turn, record.clone(), trial) {
                Err(error) if error.kind() == ErrorKind::NoPrevious => {
                    return count(&turn, record, trial, Some(error));
                }
                result => return result,
            }
        }
        count(&turn, record, trial, None)
    }

    /// Returns the executables that are refused, the latest first. At most 64 are recorded.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) or [`NotWritable`](ErrorKind::NotWritable) if the record cannot be read.
    /// Invalid lines in it are skipped.
    pub fn refusals(&self) -> Result<Vec<Refusal>> {
        Ok(short_lock::read(self)?.unwrap_or_default().into_refusals())
    }

    /// Records that an executable must not be tried again until it is forgiven. `reason` is shortened to one
    /// line of 500 bytes.
    ///
    /// This does not prevent an installation: check [`refusals`](Self::refusals) before.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that concern the record.
    pub fn refuse(&self, id: Id, reason: &str) -> Result<()> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        record.refuse(id, reason, SystemTime::now());
        turn.write(&record)
    }

    /// Records that an executable failed on trial. [`Refusal`] describes when it may be tried again. `reason`
    /// is shortened to one line of 500 bytes.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that concern the record.
    pub fn fail(&self, id: Id, reason: &str) -> Result<()> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        record.fail(id, reason, SystemTime::now());
        turn.write(&record)
    }

    /// Forgets that an executable is refused, and returns whether it was.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that concern the record.
    pub fn forgive(&self, id: Id) -> Result<bool> {
        if !self.refusals()?.iter().any(|refusal| refusal.id() == id) {
            return Ok(false);
        }
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        let was_refused = record.forgive(id);
        if was_refused {
            turn.write(&record)?;
        }
        Ok(was_refused)
    }
}

fn count(
    turn: &ShortLock,
    mut record: Record,
    trial: InPlace,
    warning: Option<Error>,
) -> Result<Start> {
    let starts = trial.starts.saturating_add(1);
    record.count(trial.id, starts);
    turn.write(&record)?;
    let installed = Installed::on_trial(turn.target.clone(), trial, warning);
    Ok(Start::OnTrial { installed, starts })
}

fn go_back(turn: &ShortLock, record: Record, trial: InPlace) -> Result<Start> {
    let reason = format!("it was started {} times and never survived its probation", trial.starts);
    let restored = rename_previous(
        turn,
        record,
        Some(trial.previous),
        Some((trial.id, Why::Failed(&reason))),
    )?;
    Ok(Start::RolledBack { refused: trial.id, restored, starts: trial.starts })
}
