//! After the swap: keeping the new executable, or going back.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::occupant::Occupant;
use crate::previous::{Restored, put_back};
use crate::reason::Why;
use crate::record::{InPlace, Unstarted};
use crate::short_lock::ShortLock;
use crate::target::Target;
use crate::warning::Warning;

/// A new executable that is in the target's place, while it is not yet known whether it is good: it
/// is on trial, in this process and on the disk.
///
/// [`commit`](Self::commit) it or [`revert`](Self::revert) it. Dropping it does neither: it stays on
/// trial, for [`Target::begin`] to count its starts and to go back in the end.
///
/// It holds no lock: another installer, or somebody's roll-back, may come in between.
#[derive(Debug)]
#[must_use = "commit it once it is known to be good, or revert it"]
pub struct Installed {
    target: Target,
    id: Id,
    previous_id: Id,
    warning: Option<Error>,
    warnings: Vec<Warning>,
    /// A start of it was counted, and not forgiven since.
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

    /// Found at a start, which was counted.
    pub(crate) fn on_trial(target: Target, trial: InPlace, warning: Option<Error>) -> Self {
        let InPlace { id, previous, .. } = trial;
        Self { counted: AtomicBool::new(true), ..Self::new(target, id, previous, warning) }
    }

    /// The id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// The id of the executable that [`revert`](Self::revert) puts back: the one it replaced, or
    /// where that was on trial itself, the last one that was not.
    #[must_use]
    pub const fn previous_id(&self) -> Id {
        self.previous_id
    }

    /// What was replaced.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// What went wrong after the swap, when it was a fact already: the directory could not be
    /// flushed, so a power failure may undo it, or the previous executable could not be given its
    /// final name, which the next installer makes good. Found at a start: why it is still in place
    /// although it was started too often.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// What may surprise an operator later, although nothing went wrong: other hard links to the
    /// old executable, a package that the path belongs to. Known to the installer only, not to a
    /// later start.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Keeps the new executable: its trial ends, on the disk, for all that share it. The previous
    /// one is kept too, for [`Target::rollback`], until another installation replaces it.
    ///
    /// Where somebody else ended the trial by a commit, or installed another executable since,
    /// there is nothing to do.
    ///
    /// # Errors
    ///
    /// [`TargetChanged`](ErrorKind::TargetChanged): somebody else put the previous one back
    /// meanwhile, and that stays. Otherwise what keeps the record from being written; then the
    /// trial goes on. The handle is given back.
    pub fn commit(self) -> std::result::Result<(), SettleFailed> {
        self.end_trial().map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    /// Keeps the new executable as [`commit`](Self::commit) does, and remembers that it has not been
    /// started yet: until [`Target::has_started`] says that it has, the next installation keeps the
    /// previous one, and not this one, to go back to.
    ///
    /// # Errors
    ///
    /// As for [`commit`](Self::commit).
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

    /// Does not count this start: it was ended by somebody's order, before the new executable could
    /// prove itself. Only the start that this handle came from can be forgiven, and once.
    ///
    /// # Errors
    ///
    /// What keeps the record from being written.
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

    /// Puts the previous executable back by one `rename(2)`, flushes the directory, and remembers
    /// that this one is refused and why: `reason` is shortened to one line of 500 bytes.
    ///
    /// Nothing is undone but this installation: if somebody else has replaced the target since, or
    /// put the previous executable back already, that stays.
    ///
    /// A record that cannot be written is no reason to leave a bad executable in place;
    /// [`Restored::warning`] tells of it.
    ///
    /// # Errors
    ///
    /// - [`TargetChanged`](ErrorKind::TargetChanged): the new executable is not in place any more.
    /// - [`NoPrevious`](ErrorKind::NoPrevious): the previous one was removed or replaced.
    /// - [`Busy`](ErrorKind::Busy) if somebody else is changing the target and does not come to an
    ///   end; otherwise what the file system says.
    ///
    /// The target is what it was, and the handle is given back.
    pub fn revert(self, reason: &str) -> std::result::Result<Restored, SettleFailed> {
        self.put_back(reason).map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    fn put_back(&self, reason: &str) -> Result<Restored> {
        let turn = ShortLock::take(&self.target)?;
        self.require_in_place()?;
        put_back(
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
            Err(cause) => Err(changed("cannot be read").because(cause)),
        }
    }
}

/// A commit or a revert that did not take place, and what it was about.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettleFailed {
    /// Why.
    pub error: Error,
    /// What is still installed, as far as this process knows.
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
