//! Examines and opens the file at a path, if it is a regular file.

use std::{
    fs::{self, FileType, Metadata, OpenOptions},
    io,
    path::Path,
};

use selfup_fetch::{Error, ErrorKind};

use crate::{stamp::Stamp, sys};

/// Examines the file at the path without opening it.
pub(crate) fn look(path: &Path) -> Result<Stamp, Error> {
    fs::metadata(path).map_err(|error| explain(path, error)).and_then(|found| regular(path, &found))
}

/// Opens the file for reading. If it has become a FIFO meanwhile, this does not block, and fails as for anything
/// else that is not a regular file.
pub(crate) fn open(path: &Path) -> Result<(fs::File, Stamp), Error> {
    let mut options = OpenOptions::new();
    options.read(true);
    sys::without_waiting(&mut options);
    let file = options.open(path).map_err(|error| explain(path, error))?;
    let found = file.metadata().map_err(|error| explain(path, error))?;
    let stamp = regular(path, &found)?;
    Ok((file, stamp))
}

fn regular(path: &Path, found: &Metadata) -> Result<Stamp, Error> {
    if found.is_file() {
        return Ok(Stamp::of(found));
    }
    let reason = format!("it is {}, and should be a regular file", kind(found.file_type()));
    Err(Error::new(ErrorKind::Configuration, reason).at(path.display().to_string()))
}

fn kind(found: FileType) -> &'static str {
    let plain = if found.is_dir() { "a directory" } else { "something else" };
    sys::special(found).unwrap_or(plain)
}

pub(crate) fn explain(path: &Path, error: io::Error) -> Error {
    let (kind, reason) = match error.kind() {
        io::ErrorKind::NotFound if path.symlink_metadata().is_ok() => {
            (ErrorKind::NotFound, "it is a symbolic link that leads nowhere".to_owned())
        }
        io::ErrorKind::NotFound => {
            (ErrorKind::NotFound, "there is no such file (yet); check the path".to_owned())
        }
        io::ErrorKind::PermissionDenied => (
            ErrorKind::Denied,
            "this user may not read it; check its mode and those of the directories above"
                .to_owned(),
        ),
        io::ErrorKind::NotADirectory => (
            ErrorKind::Configuration,
            "a part of the path before the last is no directory".to_owned(),
        ),
        _ => (ErrorKind::Io, error.to_string()),
    };
    Error::new(kind, reason).at(path.display().to_string()).with_source(error)
}
