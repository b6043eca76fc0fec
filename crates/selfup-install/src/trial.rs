//! A new executable that is tried out beside the target, before it takes its place.

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

/// A verified executable beside the target, while it is not yet known whether it is good.
///
/// It is started from [`path`](Self::path), a hidden file in the target's directory that nobody else
/// has. The target's own path leads to the proven executable all the while, whoever dies:
/// [`commit`](Self::commit) replaces it by one `rename(2)`, [`revert`](Self::revert) and
/// [`shelve`](Self::shelve) remove the file.
///
/// Dropping it does neither: the file stays, and [`Target::begin`] takes it up.
#[derive(Debug)]
#[must_use = "commit it once it is known to be good, or revert it"]
pub struct Trial {
    pub(crate) target: Target,
    pub(crate) token: String,
    pub(crate) path: PathBuf,
    /// Locked: as long as it is open, the file is somebody's.
    pub(crate) file: Locked,
    /// As it was when it was looked at last, and found to be `id`.
    pub(crate) identity: Identity,
    pub(crate) id: Id,
    pub(crate) replaces: Box<Occupant>,
    pub(crate) warnings: Vec<Warning>,
    /// A start of it was counted, and not forgiven since.
    pub(crate) counted: AtomicBool,
}

/// An executable that has taken the target's place for good.
#[derive(Debug)]
pub struct Committed {
    id: Id,
    warning: Option<Error>,
}

/// A commit that did not take place.
#[derive(Debug)]
#[non_exhaustive]
pub struct CommitFailed {
    /// Why.
    pub error: Error,
    /// What may be committed later, or taken back. Nothing if that is out of the question, because
    /// somebody has put another executable at the path or refused this one: then its file is gone.
    pub trial: Option<Box<Trial>>,
}

impl Committed {
    /// The id of the executable that is at the path now.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// What did not succeed besides: the directory could not be flushed, so a power failure may undo
    /// it, the executable that it replaced could not be given its final name, or the record could
    /// not be written.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_warning(self) -> Option<Error> {
        self.warning
    }
}

impl Trial {
    /// The id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Where it is started from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is to replace.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// What may surprise an operator later; as [`Installed::warnings`](crate::Installed::warnings).
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Puts it in the target's place by one `rename(2)`, with the owner, attributes and mode that the
    /// target has by now, and flushes the directory. The one that it replaces is kept, for
    /// [`Target::rollback`], until another takes that place.
    ///
    /// If the path holds these bytes already, because somebody who shares the target was faster,
    /// nothing is left to do, and that is a success.
    ///
    /// # Errors
    ///
    /// - [`TargetChanged`](ErrorKind::TargetChanged): somebody put another executable at the path
    ///   since, or refused this one by hand; that stays, and the trial is over.
    /// - Otherwise what the file system says, and [`Busy`](ErrorKind::Busy) if somebody else is
    ///   changing the target and does not come to an end. The target is what it was.
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

    /// All that precedes the rename.
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

    /// Takes the new executable back, and remembers that it failed and why: `reason` is shortened to
    /// one line of 500 bytes. See [`Refusal`](crate::Refusal) for when it may be tried again.
    ///
    /// Whether that was noted: it is not where these very bytes have proved themselves meanwhile, and
    /// are at the path, because somebody who shares the target has committed them.
    ///
    /// # Errors
    ///
    /// What keeps the record from being read or written, so that it may be tried again sooner. The
    /// trial is over all the same.
    pub fn revert(self, reason: &str) -> Result<bool> {
        self.take_back(|record, id| record.fail(id, reason, SystemTime::now()))
    }

    /// Takes the new executable back without a word against it, because it could not be tried here.
    ///
    /// # Errors
    ///
    /// What keeps the record from being written. The trial is over all the same.
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
        // Also where that failed: nobody is to take it up again.
        drop(fs::remove_file(&self.path));
        noted
    }

    /// The file goes after the line, so that a crash in between leaves a file that is nobody's.
    fn end(&self, turn: &ShortLock, record: &mut Record) -> Result<()> {
        record.end_candidate(&self.token);
        let noted = turn.write(record);
        drop(fs::remove_file(&self.path));
        noted.and_then(|()| turn.flush())
    }

    /// Does not count the start in which it was taken up: that was ended by somebody's order, before
    /// it could prove itself. Once.
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
        let found = record.candidates().iter().find(|it| it.token == self.token);
        if let Some(starts) = found.map(|it| it.starts.saturating_sub(1)) {
            record.count_candidate(&self.token, starts);
            turn.write(&record)?;
        }
        self.counted.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Whether somebody has refused it by hand since its trial began. Cheap: one small file is read.
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

/// Whether the trial has come to its end with the failure.
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
