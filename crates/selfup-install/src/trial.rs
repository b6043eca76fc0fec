//! The type [`Trial`]: a new executable on trial beside the target.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use crate::beside::Locked;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::previous::{self, Kept};
use crate::record::Record;
use crate::short_lock::ShortLock;
use crate::still_replaces::{proven, still_replaces};
use crate::target::Target;
use crate::warning::Warning;
use crate::{attributes, beside};

/// A verified executable on trial beside the target.
///
/// It is started from [`path`](Self::path), a hidden file in the target's directory that belongs to this trial.
/// Meanwhile the target's own path leads to the proven executable, whichever process dies.
/// [`commit`](Self::commit) replaces that by one `rename(2)`; [`roll_back`](Self::roll_back) and
/// [`shelve`](Self::shelve) remove the file.
///
/// Dropping it does neither: the file stays, and [`Target::begin`] takes it up.
#[derive(Debug)]
#[must_use = "commit it once it is known to be good, or roll it back"]
pub struct Trial {
    pub(crate) target: Target,
    pub(crate) token: String,
    pub(crate) path: PathBuf,
    /// The file, locked as long as a process has the trial.
    pub(crate) file: Locked,
    /// The identity of the file when it was last found to be `id`.
    pub(crate) identity: Identity,
    pub(crate) id: Id,
    pub(crate) replaces: Box<Occupant>,
    pub(crate) warnings: Vec<Warning>,
    /// Whether a start has been counted and not been forgiven.
    pub(crate) counted: AtomicBool,
}

/// A committed executable, at the target's path.
#[derive(Debug)]
pub struct Committed {
    id: Id,
    warning: Option<Error>,
}

/// The error of a commit, which returns the trial if it can still be decided.
#[derive(Debug)]
#[non_exhaustive]
pub struct CommitFailed {
    /// The error.
    pub error: Error,
    /// The trial, which can be committed later or rolled back. It is `None`, and its file removed, if
    /// another process has put another executable at the path, or has refused this one.
    pub trial: Option<Box<Trial>>,
}

impl Committed {
    /// Returns the id of the executable that is at the path now.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Returns what failed besides, if anything: the directory could not be flushed, so a power failure may
    /// undo the commit, the replaced executable could not get its final name, or the record could not be
    /// written.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// Converts it into the [warning](Self::warning).
    #[must_use]
    pub fn into_warning(self) -> Option<Error> {
        self.warning
    }
}

impl Trial {
    /// Returns the id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Returns the path from which it is started.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the target, which it would replace.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns what may surprise an operator later, as [`Installed::warnings`](crate::Installed::warnings)
    /// does.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Puts it in the target's place by one `rename(2)`, with the present owner, attributes and mode of the
    /// target, and flushes the directory. The replaced executable stays available for [`Target::roll_back`]
    /// until another commit.
    ///
    /// If the path has these bytes already, because another process that shares the target was faster, this
    /// succeeds without doing anything.
    ///
    /// # Errors
    ///
    /// - [`TargetChanged`](ErrorKind::TargetChanged): another executable was put at the path since, or this
    ///   one was refused by hand. That stands, and the trial is over.
    /// - [`Busy`](ErrorKind::Busy): another process has been changing the target for 10 s.
    /// - Otherwise the errors of the file system. The target is unchanged.
    pub fn commit(mut self) -> std::result::Result<Committed, CommitFailed> {
        match self.take_place() {
            Ok(warning) => Ok(Committed { id: self.id, warning }),
            Err((error, Over(true))) => Err(CommitFailed { error, trial: None }),
            Err((error, Over(false))) => Err(CommitFailed { error, trial: Some(Box::new(self)) }),
        }
    }

    fn take_place(&mut self) -> std::result::Result<Option<Error>, (Error, Over)> {
        let not_yet = |error| (error, Over(false));
        let turn = ShortLock::take(&self.target).map_err(not_yet)?;
        let mut record = turn.record().map_err(not_yet)?;
        if let Some(refusal) = record.refusal(self.id).filter(|it| it.failures() == 0) {
            let (path, reason) = (self.target.resolved().display(), refusal.reason());
            let text = format!(
                "could not commit {} as {path}: another process refused it meanwhile: {reason}",
                self.id
            );
            drop(self.end(&turn, &mut record));
            return Err((Error::new(ErrorKind::TargetChanged, text), Over(true)));
        }
        match still_replaces(&self.target, &mut self.replaces, self.id) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyInstalled => {
                record.forgive(self.id);
                return Ok(self.end(&turn, &mut record).err());
            }
            Err(error) if Occupant::at(self.target.resolved()).is_ok() => {
                drop(self.end(&turn, &mut record));
                return Err((error, Over(true)));
            }
            Err(error) => return Err(not_yet(error)),
        }
        let kept = self.keep(&turn, &record).map_err(not_yet)?;
        fs::rename(&self.path, self.target.resolved()).map_err(|cause| {
            let (from, to) = (self.path.display(), self.target.resolved().display());
            not_yet(Error::system(format_args!("could not rename {from} to {to}"), cause))
        })?;
        let settled = kept.map_or(Ok(()), |kept| kept.settle(&self.target));
        record.forgive(self.id);
        record.keep_trial(self.id);
        record.end_candidate(&self.token);
        beside::sweep(&self.target, &mut record, self.id);
        let noted = turn.write(&record);
        Ok(settled.and_then(|()| turn.flush()).and(noted).err())
    }

    /// Prepares the rename.
    fn keep(&mut self, turn: &ShortLock, record: &Record) -> Result<Option<Kept>> {
        self.require_unaltered()?;
        attributes::carry(self.target.resolved(), &self.replaces.file, &self.file)?;
        self.file.sync_all().map_err(|cause| {
            Error::system(format_args!("could not flush {}", self.path.display()), cause)
        })?;
        match proven(turn, record, &self.replaces, self.id)? {
            Some(_) => Ok(None),
            None => previous::keep(&turn.target, &self.replaces).map(Some),
        }
    }

    /// Rolls the new executable back: removes it, and records that it failed. `reason` is shortened to one
    /// line of 500 bytes. [`Refusal`](crate::Refusal) describes when it may be tried again.
    ///
    /// Returns whether that was recorded. It is not if these bytes have proved themselves meanwhile, and are
    /// at the path because another process that shares the target has committed them.
    ///
    /// # Errors
    ///
    /// The record cannot be read or written, so the executable may be tried again sooner. The trial is over
    /// all the same.
    pub fn roll_back(self, reason: &str) -> Result<bool> {
        self.take_back(|record, id| record.fail(id, reason, SystemTime::now()))
    }

    /// Removes the new executable without refusing it, because it could not be tried here.
    ///
    /// # Errors
    ///
    /// The record cannot be written. The trial is over all the same.
    pub fn shelve(self) -> Result<()> {
        self.take_back(|_record, _id| ()).map(drop)
    }

    fn take_back(self, note: impl FnOnce(&mut Record, Id)) -> Result<bool> {
        let noted = ShortLock::take(&self.target).and_then(|turn| {
            let mut record = turn.record()?;
            let is_proven = self.target.id().is_ok_and(|present| present == self.id);
            if !is_proven {
                note(&mut record, self.id);
            }
            self.end(&turn, &mut record)?;
            Ok(!is_proven)
        });
        // Also if that failed, so that no process takes it up again.
        drop(fs::remove_file(&self.path));
        noted
    }

    /// Ends the trial. The file is removed after the line, so that a crash in between leaves a leftover file.
    fn end(&self, turn: &ShortLock, record: &mut Record) -> Result<()> {
        record.end_candidate(&self.token);
        let noted = turn.write(record);
        drop(fs::remove_file(&self.path));
        noted.and_then(|()| turn.flush())
    }

    /// Stops counting the start in which it was taken up, which was ended by an order before the executable
    /// could prove itself. Only the first call has an effect.
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
        let found = record.candidates().iter().find(|it| it.token == self.token);
        if let Some(starts) = found.map(|it| it.starts.saturating_sub(1)) {
            record.count_candidate(&self.token, starts);
            turn.write(&record)?;
        }
        self.counted.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Returns whether it has been refused by hand since its trial began. This is cheap: it reads one small
    /// file.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let record = crate::short_lock::read(&self.target).ok().flatten().unwrap_or_default();
        record.refusal(self.id).is_some_and(|refusal| refusal.failures() == 0)
    }

    fn require_unaltered(&mut self) -> Result<()> {
        let failed =
            |cause| Error::system(format_args!("could not examine {}", self.path.display()), cause);
        let here = Identity::of_file(&self.file).map_err(failed)?;
        let there = Identity::at(&self.path).map_err(failed)?;
        let altered = |why: &str| Err(crate::verify::altered(&self.path, why));
        if !there.is_same_file(&here) {
            return altered("another file is at its path");
        }
        if here == self.identity {
            return Ok(());
        }
        let found = Id::of_file(&self.file).map_err(failed)?;
        if found != self.id {
            return altered(&format!("its SHA-1 was {} and is {found}", self.id));
        }
        self.identity = here;
        Ok(())
    }
}

/// Whether the failure ends the trial.
struct Over(bool);

impl fmt::Display for CommitFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for CommitFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}
