//! Recognises whether a path still leads to the same, unchanged file.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// The metadata of a file at one moment.
///
/// If two are equal, the file has not been written to or changed. If only [`is_same_file`] holds, it is the same
/// inode, perhaps with other content.
///
/// [`is_same_file`]: Identity::is_same_file
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&file.metadata()?))
    }

    /// The identity of what is at the path. A link at its end is not followed.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&path.symlink_metadata()?))
    }

    /// The identity of the regular file at the path, or `None` if it is something else.
    pub(crate) fn regular_at(path: &Path) -> io::Result<Option<Self>> {
        let metadata = path.symlink_metadata()?;
        Ok(metadata.is_file().then(|| Self::of(&metadata)))
    }

    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }
}

/// Opens a regular file for reading, and nothing else. A link at the end of the path is not followed, and a FIFO
/// at the path does not block.
pub(crate) fn open_regular(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => {
                Error::new(ErrorKind::NotFound, format!("could not find {}", path.display()))
                    .because(cause)
            }
            _ => Error::new(ErrorKind::Io, format!("could not read {}", path.display()))
                .because(cause),
        })?;
    let metadata = file.metadata().map_err(|cause| {
        Error::system(format_args!("could not examine {}", path.display()), cause)
    })?;
    require_regular(path, &metadata)?;
    Ok(file)
}

pub(crate) fn require_regular(path: &Path, metadata: &Metadata) -> Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let found = match () {
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () if kind.is_symlink() => "a symbolic link",
        () => "a device",
    };
    let text = format!("could not replace {}: it is {found}, not a regular file", path.display());
    Err(Error::new(ErrorKind::NotRegular, text))
}
