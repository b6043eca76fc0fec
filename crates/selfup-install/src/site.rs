//! The place of an installation, for as long as the lock is held.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::{Identity, open_regular};
use crate::leftovers;
use crate::lock::Lock;
use crate::target::Target;

/// The target's directory, locked, free of leftovers, and open so that it can be flushed.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) target: Target,
    directory: File,
    _lock: Lock,
}

impl Site {
    pub(crate) fn enter(target: &Target) -> Result<Self> {
        let path = target.names().directory();
        let directory = open_directory(path)?;
        let lock = Lock::take(target.names().lock())?;
        leftovers::clear(target)?;
        Ok(Self { target: target.clone(), directory, _lock: lock })
    }

    pub(crate) fn directory(&self) -> &File {
        &self.directory
    }

    /// Makes the renames in the directory last; see fsync(2).
    pub(crate) fn flush(&self) -> Result<()> {
        self.directory.sync_all().map_err(|cause| {
            let text = format!(
                "cannot flush the directory of {}; a power failure may undo the replacement",
                self.target.resolved().display()
            );
            Error::new(ErrorKind::Io, text).because(cause)
        })
    }
}

/// An executable at a path, as it was found there.
#[derive(Debug)]
pub(crate) struct Occupant {
    pub(crate) file: File,
    pub(crate) identity: Identity,
    pub(crate) id: Id,
}

impl Occupant {
    pub(crate) fn at(path: &Path) -> Result<Self> {
        let file = open_regular(path)?;
        let identity = identify(path, &file)?;
        let id = Id::of_file(&file).map_err(|cause| {
            Error::system(format_args!("cannot read {}", path.display()), cause)
        })?;
        Ok(Self { file, identity, id })
    }
}

fn identify(path: &Path, file: &File) -> Result<Identity> {
    Identity::of_file(file)
        .map_err(|cause| Error::system(format_args!("cannot examine {}", path.display()), cause))
}

fn open_directory(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY)
        .open(path)
        .map_err(|cause| Error::system(format_args!("cannot open {}", path.display()), cause))
}
