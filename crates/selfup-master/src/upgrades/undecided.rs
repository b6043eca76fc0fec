//! A new executable that is tried, and what becomes of it.

use std::path::{Path, PathBuf};

use selfup_install::{Error, Id, Installed, Trial};

/// A new executable that nobody has decided about.
#[derive(Debug)]
pub(crate) enum Undecided {
    /// Beside the path, which leads to the proven one.
    Beside(Box<Trial>),
    /// At the path; the proven one is kept.
    InPlace(Box<Installed>),
    /// At the path, where another master or an installer has put it, who answers for it. The proven
    /// one is kept there.
    ByAnother { id: Id, kept: Option<PathBuf> },
}

/// What came of a commit.
#[derive(Debug)]
pub(crate) enum Commit {
    /// It is at the path for good; perhaps something did not succeed besides.
    Kept(Id, Option<Error>),
    /// It could not be put there now. It is tried again later.
    NotYet(Error),
    /// It does not get there: somebody else has put another one there, or refused this one.
    Over(Error),
}

/// What came of going back.
#[derive(Debug)]
pub(crate) struct GoneBack {
    pub(crate) id: Id,
    /// Where the proven executable is, if it is not at the path.
    pub(crate) proven: Option<PathBuf>,
    pub(crate) failed: Option<Error>,
    /// It is at the path for good all the same: somebody who shares the path has committed it.
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

    /// Whether somebody has refused it by hand.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Beside(trial) if trial.is_refused())
    }

    /// Keeps it; what could not be put at the path yet is given back.
    pub(super) fn commit(self) -> (Commit, Option<Box<Trial>>) {
        let id = self.id();
        match self {
            Self::Beside(trial) => match trial.commit() {
                Ok(committed) => (Commit::Kept(id, committed.into_warning()), None),
                Err(failed) if failed.trial.is_some() => {
                    (Commit::NotYet(failed.error), failed.trial)
                }
                Err(failed) => (Commit::Over(failed.error), None),
            },
            Self::InPlace(installed) => match installed.commit() {
                Ok(()) => (Commit::Kept(id, None), None),
                Err(failed) => (Commit::Over(failed.error), None),
            },
            Self::ByAnother { .. } => (Commit::Kept(id, None), None),
        }
    }

    /// It has failed.
    pub(super) fn revert(self, reason: &str) -> GoneBack {
        let id = self.id();
        let nothing = GoneBack { id, proven: None, failed: None, stands: false };
        match self {
            Self::Beside(trial) => match trial.revert(reason) {
                Ok(was_refused) => GoneBack { stands: !was_refused, ..nothing },
                Err(error) => GoneBack { failed: Some(error), ..nothing },
            },
            Self::InPlace(installed) => {
                GoneBack { failed: installed.revert(reason).err().map(Error::from), ..nothing }
            }
            Self::ByAnother { kept, .. } => GoneBack { proven: kept, stands: true, ..nothing },
        }
    }

    /// It could not be tried here, or is refused already. What is at the path stays there: whoever
    /// put it there can start the service anew.
    pub(crate) fn shelve(self) -> GoneBack {
        let id = self.id();
        let (proven, failed) = match self {
            Self::Beside(trial) => (None, trial.shelve().err()),
            Self::InPlace(installed) => {
                (installed.target().previous().map(|it| it.path().to_owned()), None)
            }
            Self::ByAnother { kept, .. } => (kept, None),
        };
        GoneBack { id, proven, failed, stands: false }
    }

    /// The start in which it was taken up was ended by order.
    pub(crate) fn excuse(&self) -> Result<(), Error> {
        match self {
            Self::Beside(trial) => trial.forgive_start(),
            Self::InPlace(installed) => installed.forgive_start(),
            Self::ByAnother { .. } => Ok(()),
        }
    }
}
