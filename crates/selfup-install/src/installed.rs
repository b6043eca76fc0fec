//! After the swap: keeping the new executable, or going back.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::previous::{Restored, put_back};
use crate::site::{Occupant, Site};
use crate::target::Target;

/// A new executable that is in the target's place, while it is not yet known whether it is good.
///
/// [`commit`](Self::commit) it or [`revert`](Self::revert) it. Dropping it does neither: the new
/// executable stays, and so does the previous one, for [`Target::rollback`].
///
/// It holds no lock: another installer, or somebody's roll-back, may come in between.
#[derive(Debug)]
#[must_use = "commit it once it is known to be good, or revert it"]
pub struct Installed {
    target: Target,
    id: Id,
    previous_id: Id,
    warning: Option<Error>,
}

impl Installed {
    pub(crate) fn new(target: Target, id: Id, previous_id: Id, warning: Option<Error>) -> Self {
        Self { target, id, previous_id, warning }
    }

    /// The id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// The id of the executable it replaced.
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
    /// final name, which the next installer makes good.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// Keeps the new executable. The previous one is kept too, for [`Target::rollback`], until
    /// another installation replaces it.
    ///
    /// # Errors
    ///
    /// None at present; a later version may have something to write to the disk. Then the handle
    /// is given back.
    pub fn commit(self) -> std::result::Result<(), SettleFailed> {
        Ok(())
    }

    /// Puts the previous executable back by one `rename(2)` and flushes the directory.
    ///
    /// Nothing is undone but this installation: if somebody else has replaced the target since, or
    /// put the previous executable back already, that stays.
    ///
    /// # Errors
    ///
    /// - [`TargetChanged`](ErrorKind::TargetChanged): the new executable is not in place any more.
    /// - [`NoPrevious`](ErrorKind::NoPrevious): the previous one was removed or replaced.
    /// - [`Busy`](ErrorKind::Busy) while another installer is at work; otherwise what the file
    ///   system says.
    ///
    /// The target is what it was, and the handle is given back.
    pub fn revert(self) -> std::result::Result<Restored, SettleFailed> {
        self.put_back().map_err(|error| SettleFailed { error, installed: Box::new(self) })
    }

    fn put_back(&self) -> Result<Restored> {
        let site = Site::enter(&self.target)?;
        self.require_in_place()?;
        put_back(&site, Some(self.previous_id))
    }

    fn require_in_place(&self) -> Result<()> {
        let path = self.target.resolved();
        let changed = |found: &str| {
            let text =
                format!("cannot revert {}: it was {} and now {found}", path.display(), self.id);
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
