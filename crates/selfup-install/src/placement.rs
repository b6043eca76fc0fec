//! The target's directory while an installer works there.

use std::fs::File;

use crate::belief::Belief;
use crate::beside;
use crate::error::Result;
use crate::lock::Lock;
use crate::occupant::open_directory;
use crate::short_lock::ShortLock;
use crate::stale_files;
use crate::target::Target;

/// The target's directory, free of leftovers, and the lock that admits one installer from the first byte to the
/// rename.
///
/// It does not prevent a rollback meanwhile: each change of the target takes a [`ShortLock`].
#[derive(Debug)]
pub(crate) struct Placement {
    pub(crate) target: Target,
    directory: File,
    /// `None` if nothing is installed.
    _lock: Option<Lock>,
}

impl Placement {
    pub(crate) fn enter(target: &Target) -> Result<Self> {
        let path = target.names().directory();
        let directory = open_directory(path)?;
        let lock = Lock::take(target.names().lock(), &Belief::of(target)?)?;
        stale_files::clear(target)?;
        let turn = ShortLock::take(target)?;
        beside::clear(target, &turn.record().unwrap_or_default());
        drop(turn);
        Ok(Self { target: target.clone(), directory, _lock: Some(lock) })
    }

    /// Opens the directory without changing anything there, and without a lock.
    pub(crate) fn visit(target: &Target) -> Result<Self> {
        let directory = open_directory(target.names().directory())?;
        Ok(Self { target: target.clone(), directory, _lock: None })
    }

    pub(crate) fn directory(&self) -> &File {
        &self.directory
    }
}
