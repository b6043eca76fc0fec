//! Opens and identifies the executable at a path, or a directory.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::identity::{Identity, open_regular};

/// The executable at a path, as it was found there.
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
            Error::system(format_args!("could not read {}", path.display()), cause)
        })?;
        Ok(Self { file, identity, id })
    }
}

fn identify(path: &Path, file: &File) -> Result<Identity> {
    Identity::of_file(file)
        .map_err(|cause| Error::system(format_args!("could not examine {}", path.display()), cause))
}

pub(crate) fn open_directory(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY)
        .open(path)
        .map_err(|cause| Error::system(format_args!("could not open {}", path.display()), cause))
}
