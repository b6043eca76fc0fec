//! A new executable that has not been decided about, and what each decision does to it.

use std::path::{Path, PathBuf};

use selfup_install::{Error, Id, Installed, Trial};

/// A new executable that has not been decided about.
#[derive(Debug)]
pub(crate) enum Undecided {
    /// It is beside the path, which leads to the proven executable.
    Beside(Box<Trial>),
    /// It is at the path, and the proven executable is kept beside it.
    InPlace(Box<Installed>),
    /// It is at the path, where another master or an installer has put it, which also decides about it.
    /// The proven executable is at `kept`.
    ByAnother { id: Id, kept: Option<PathBuf> },
}

/// The result of a commit.
#[derive(Debug)]
pub(crate) enum Commit {
    /// It is at the path for good. The error, if any, concerns something else.
    Done(Id, Option<Error>),
    /// It could not be put there now, and is tried again later.
    NotYet(Error),
    /// It does not get there: another process has put another executable there, or refused this one.
    Overruled(Error),
}

/// The result of a return to the proven executable.
#[derive(Debug)]
pub(crate) struct RolledBack {
    pub(crate) id: Id,
    /// Where the proven executable is, if it is not at the path.
    pub(crate) proven: Option<PathBuf>,
    pub(crate) failed: Option<Error>,
    /// Whether the new executable stays at the path: another master has committed it.
    pub(crate) stands: bool,
}

impl Undecided {
    pub(crate) fn id(&self) -> Id {
        match self {
            Self::Beside(trial) => trial.id(),
            Self::InPlace(installed) => installed.id(),
            Self::ByAnother { id, .. } => *id,
        }
    }

    /// Where it is started from, if not from the path.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Beside(trial) => Some(trial.path()),
            Self::InPlace(_) | Self::ByAnother { .. } => None,
        }
    }

    /// Whether it has been refused by hand.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Beside(trial) if trial.is_refused())
    }

    /// Commits it. Returns the trial if it could not be put at the path yet.
    pub(super) fn commit(self) -> (Commit, Option<Box<Trial>>) {
        let id = self.id();
        match self {
            Self::Beside(trial) => match trial.commit() {
                Ok(committed) => (Commit::Done(id, committed.into_warning()), None),
                Err(failed) if failed.trial.is_some() => {
                    (Commit::NotYet(failed.error), failed.trial)
                }
                Err(failed) => (Commit::Overruled(failed.error), None),
            },
            Self::InPlace(installed) => match installed.commit() {
                Ok(()) => (Commit::Done(id, None), None),
                Err(failed) => (Commit::Overruled(failed.error), None),
            },
            Self::ByAnother { .. } => (Commit::Done(id, None), None),
        }
    }

    /// Rolls it back, because it has failed.
    pub(super) fn roll_back(self, reason: &str) -> RolledBack {
        let id = self.id();
        let nothing = RolledBack { id, proven: None, failed: None, stands: false };
        match self {
            Self::Beside(trial) => match trial.roll_back(reason) {
                Ok(was_refused) => RolledBack { stands: !was_refused, ..nothing },
                Err(error) => RolledBack { failed: Some(error), ..nothing },
            },
            Self::InPlace(installed) => {
                RolledBack { failed: installed.roll_back(reason).err().map(Error::from), ..nothing }
            }
            Self::ByAnother { kept, .. } => RolledBack { proven: kept, stands: true, ..nothing },
        }
    }

    /// Returns to the proven executable, because this one could not be tried here, or is refused
    /// already. An executable at the path stays there: the service can be started with it again.
    pub(crate) fn shelve(self) -> RolledBack {
        let id = self.id();
        let (proven, failed) = match self {
            Self::Beside(trial) => (None, trial.shelve().err()),
            Self::InPlace(installed) => {
                (installed.target().previous().map(|it| it.path().to_owned()), None)
            }
            Self::ByAnother { kept, .. } => (kept, None),
        };
        RolledBack { id, proven, failed, stands: false }
    }

    /// Records that the start under way ends by order, so that it does not count against the executable.
    pub(crate) fn excuse(&self) -> Result<(), Error> {
        match self {
            Self::Beside(trial) => trial.forgive_start(),
            Self::InPlace(installed) => installed.forgive_start(),
            Self::ByAnother { .. } => Ok(()),
        }
    }
}
