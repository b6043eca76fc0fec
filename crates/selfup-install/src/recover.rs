//! What a start finds: nothing, an upgrade on trial, or one that has had its trials.

use std::time::SystemTime;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::installed::Installed;
use crate::previous::{Restored, put_back};
use crate::reason::Why;
use crate::record::{InPlace, Record};
use crate::refusal::Refusal;
use crate::short_lock::{self, ShortLock};
use crate::take_up::{Found, take_up};
use crate::target::Target;
use crate::trial::Trial;

/// What the executable at the target's path is, at the start of a program.
#[derive(Debug)]
#[non_exhaustive]
pub enum Start {
    /// Nothing is on trial.
    Settled,
    /// An upgrade has not survived its probation yet.
    OnTrial {
        /// Commits it or reverts it.
        installed: Installed,
        /// How often it was started so, this time included.
        starts: u32,
    },
    /// An upgrade beside the target has not survived its probation yet; nobody else has it in hand.
    /// The path leads to the proven executable.
    Beside {
        /// Commits it or takes it back.
        trial: Trial,
        /// How often it was taken up so, this time included.
        starts: u32,
    },
    /// An upgrade beside the target was taken up too often without surviving, and is gone. The path
    /// has led to the proven executable all the while.
    GivenUp {
        /// What failed.
        refused: Id,
        /// How often it was taken up.
        starts: u32,
    },
    /// It was started too often without surviving: the previous executable has been put back. This
    /// process still runs the refused one.
    RolledBack {
        /// What is refused from now on.
        refused: Id,
        /// What is in place now.
        restored: Restored,
        /// How often the refused one was started.
        starts: u32,
    },
}

impl Start {
    /// How often an upgrade may be started without surviving its probation, unless said otherwise.
    ///
    /// Three, because one such end may be an operator's or the machine's, and a process manager
    /// gives up not long after.
    pub const DEFAULT_MAX: u32 = 3;
}

impl Target {
    /// Finds out, at the start of a program and before it does anything else, whether the
    /// executable at the path is an upgrade on trial; counts the start, or goes back to the
    /// previous executable if it was started `max_starts` times already without surviving. With 0
    /// it goes back at the first start.
    ///
    /// What a crash left half done is finished or forgotten. A trial of an executable that is not
    /// at the path any more is forgotten: somebody replaced it by hand.
    ///
    /// A trial belongs to the executable, not to the process. Where several processes share one
    /// executable, each start counts; who commits first ends the trial for all; and what one of them
    /// put back, none of the others undoes.
    ///
    /// Cheap where nothing is on trial: no lock is taken and nothing hashed; without a record it is
    /// one `open(2)` that fails.
    ///
    /// If there is nothing to go back to, the answer is [`Start::OnTrial`] however often it was
    /// started, and [`Installed::warning`] says why.
    ///
    /// # Errors
    ///
    /// What keeps the record from being read or written: [`Busy`](ErrorKind::Busy) if somebody is
    /// changing the target and does not come to an end, [`NotWritable`](ErrorKind::NotWritable),
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`NoSpace`](ErrorKind::NoSpace), [`Io`](ErrorKind::Io);
    /// [`NotFound`](ErrorKind::NotFound) if there is no target. The target is what it was. None of
    /// them is a reason not to start.
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
        // Refused and still here: going back was cut short.
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

    /// What was refused, the latest first; at most 64 are remembered.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) or [`NotWritable`](ErrorKind::NotWritable) if the record cannot be
    /// read. What cannot be understood in it is skipped.
    pub fn refusals(&self) -> Result<Vec<Refusal>> {
        Ok(short_lock::read(self)?.unwrap_or_default().into_refusals())
    }

    /// Remembers that an executable is not to be tried again until it is forgiven, and why: `reason`
    /// is shortened to one line of 500 bytes.
    ///
    /// It keeps nobody from installing it: ask [`refusals`](Self::refusals) first.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that are about the record.
    pub fn refuse(&self, id: Id, reason: &str) -> Result<()> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        record.refuse(id, reason, SystemTime::now());
        turn.write(&record)
    }

    /// Remembers that an executable failed when it was tried, and why; see [`Refusal`] for when it may
    /// be tried again. `reason` is shortened to one line of 500 bytes.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that are about the record.
    pub fn fail(&self, id: Id, reason: &str) -> Result<()> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        record.fail(id, reason, SystemTime::now());
        turn.write(&record)
    }

    /// Forgets that an executable was refused; whether it was.
    ///
    /// # Errors
    ///
    /// Those of [`begin`](Self::begin) that are about the record.
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
    let restored =
        put_back(turn, record, Some(trial.previous), Some((trial.id, Why::Failed(&reason))))?;
    Ok(Start::RolledBack { refused: trial.id, restored, starts: trial.starts })
}
