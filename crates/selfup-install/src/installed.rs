//! The type [`Installed`]: a new executable at the path, to commit or to roll back.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::occupant::Occupant;
use crate::previous::{Restored, rename_previous};
use crate::reason::Why;
use crate::record::{InPlace, Unstarted};
use crate::short_lock::ShortLock;
use crate::target::Target;
use crate::warning::Warning;

/// A new executable in the target's place, on trial.
///
/// [`commit`](Self::commit) it or [`roll_back`](Self::roll_back). Dropping it does neither: it stays on
/// trial, and [`Target::begin`] counts its starts and rolls it back in the end.
///
/// It holds no lock, so another installer or a rollback by hand may intervene.
#[derive(Debug)]
#[must_use = "commit it once it is known to be good, or roll it back"]
pub struct Installed {
    target: Target,
    id: Id,
    previous_id: Id,
    warning: Option<Error>,
    warnings: Vec<Warning>,
    /// Whether a start has been counted and not been forgiven.
    counted: AtomicBool,
}

impl Installed {
    pub(crate) fn new(target: Target, id: Id, previous_id: Id, warning: Option<Error>) -> Self {
        let (warnings, counted) = (Vec::new(), AtomicBool::new(false));
        Self { target, id, previous_id, warning, warnings, counted }
    }

    pub(crate) fn with_warnings(self, warnings: Vec<Warning>) -> Self {
        Self { warnings, ..self }
    }

    /// An executable found on trial at a start, which has been counted.
    pub(crate) fn on_trial(target: Target, trial: InPlace, warning: Option<Error>) -> Self {
        let InPlace { id, previous, .. } = trial;
        Self { counted: AtomicBool::new(true), ..Self::new(target, id, previous, warning) }
    }

    /// Returns the id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Returns the id of the executable that [`roll_back`](Self::roll_back) returns to: the replaced one or, if
    /// that was on trial itself, the last one that was not.
    #[must_use]
    pub const fn previous_id(&self) -> Id {
        self.previous_id
    }

    /// Returns the target.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns what failed after the rename, if anything: the directory could not be flushed, so a power
    /// failure may undo the installation, or the previous executable could not get its final name, which the
    /// next installer corrects. For an executable found at a start, this is why it is still in place although
    /// it was started too often.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// Returns what may surprise an operator later: other hard links to the old executable, or a package that
    /// owns the path. This is empty for an executable found at a start.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Commits the new executable: its trial ends, for all processes that share it. The previous one stays
    /// available for [`Target::roll_back`] until another installation replaces it.
    ///
    /// If another process has committed it, or has installed another executable since, this does nothing.
    ///
    /// # Errors
    ///
    /// [`TargetChanged`](ErrorKind::TargetChanged) if another process rolled it back meanwhile, which stands.
    /// Otherwise the record could not be written, and the trial continues. The error returns the handle.
    pub fn commit(self) -> std::result::Result<(), SettleFailed> {
        self.end_trial().map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    /// Commits the new executable as [`commit`](Self::commit) does, and records that it has not been started
    /// yet. Until [`Target::has_started`] is called, the next installation keeps the previous executable, and
    /// not this one, to roll back to.
    ///
    /// # Errors
    ///
    /// Those of [`commit`](Self::commit).
    pub fn commit_unstarted(self) -> std::result::Result<(), SettleFailed> {
        let unstarted = Unstarted { id: self.id, previous: self.previous_id };
        self.end_trial_with(Some(unstarted))
            .map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    fn end_trial(&self) -> Result<()> {
        self.end_trial_with(None)
    }

    fn end_trial_with(&self, unstarted: Option<Unstarted>) -> Result<()> {
        let turn = ShortLock::take(&self.target)?;
        let mut record = turn.record()?;
        if record.trial_of(self.id).is_some() {
            record.end_trial(self.id);
            record.set_unstarted(unstarted);
            return turn.write(&record);
        }
        match record.refusal(self.id) {
            None => Ok(()),
            Some(refusal) => {
                let (path, reason) = (self.target.resolved().display(), refusal.reason());
                let text = format!(
                    "could not commit {} as {path}: another process refused it meanwhile: {reason}",
                    self.id
                );
                Err(Error::new(ErrorKind::TargetChanged, text))
            }
        }
    }

    /// Stops counting this start, which was ended by an order before the new executable could prove itself.
    /// Only the start from which this handle comes can be forgiven, and only once.
    ///
    /// # Errors
    ///
    /// The record cannot be written.
    pub fn forgive_start(&self) -> Result<()> {
        if !self.counted.load(Ordering::SeqCst) {
            return Ok(());
        }
        let turn = ShortLock::take(&self.target)?;
        let mut record = turn.record()?;
        if let Some(trial) = record.trial_of(self.id) {
            record.count(self.id, trial.starts.saturating_sub(1));
            turn.write(&record)?;
        }
        self.counted.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Rolls back to the previous executable by one `rename(2)`, flushes the directory, and records that this
    /// one is refused. `reason` is shortened to one line of 500 bytes.
    ///
    /// This undoes only this installation: if another process has replaced the target since, or has rolled
    /// it back already, that stands.
    ///
    /// If the record cannot be written, the rollback is done all the same, and [`Restored::warning`] returns
    /// the error.
    ///
    /// # Errors
    ///
    /// - [`TargetChanged`](ErrorKind::TargetChanged): the new executable is no longer at the path.
    /// - [`NoPrevious`](ErrorKind::NoPrevious): the previous one was removed or replaced.
    /// - [`Busy`](ErrorKind::Busy): another process has been changing the target for 10 s.
    /// - Otherwise the errors of the file system.
    ///
    /// The target is unchanged, and the error returns the handle.
    pub fn roll_back(self, reason: &str) -> std::result::Result<Restored, SettleFailed> {
        self.try_to_roll_back(reason)
            .map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    fn try_to_roll_back(&self, reason: &str) -> Result<Restored> {
        let turn = ShortLock::take(&self.target)?;
        self.require_in_place()?;
        rename_previous(
            &turn,
            turn.record()?,
            Some(self.previous_id),
            Some((self.id, Why::Failed(reason))),
        )
    }

    fn require_in_place(&self) -> Result<()> {
        let path = self.target.resolved();
        let changed = |found: &str| {
            let text = format!(
                "could not roll back {}: it was {} and now {found}",
                path.display(),
                self.id
            );
            Error::new(ErrorKind::TargetChanged, text)
        };
        match Occupant::at(path) {
            Ok(occupant) if occupant.id == self.id => Ok(()),
            Ok(occupant) => Err(changed(&format!("is {}", occupant.id))),
            Err(cause) => Err(changed("could not be read").because(cause)),
        }
    }
}

/// The error of a commit or a rollback, which returns the handle.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettleFailed {
    /// The error.
    pub error: Error,
    /// The executable, which is still installed as far as this process knows.
    pub installed: Box<Installed>,
}

impl fmt::Display for SettleFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for SettleFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<SettleFailed> for Error {
    fn from(failed: SettleFailed) -> Self {
        failed.error
    }
}
