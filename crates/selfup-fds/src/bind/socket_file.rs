//! The file of a Unix socket, known by more than its path.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

/// A file of the type socket that was seen at a path.
///
/// Some file systems give the inode number of a removed file to the next one, which is likely to
/// be the successor at the same path. The time when a socket file was made, which no use of the
/// socket changes, tells the two apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    modified: (i64, i64),
}

/// What is at the path of a socket that could not be bound.
pub(super) enum Occupant {
    /// A socket somebody holds open.
    Live,
    /// A socket file whose socket is gone.
    Stale(SocketFile),
    /// Anything else.
    NoSocket(fs::FileType),
    /// Nothing any more.
    Gone,
}

impl SocketFile {
    /// The socket file at a path, symlinks not followed; nothing if there is none.
    pub(super) fn at(path: &Path) -> io::Result<Option<Self>> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.file_type().is_socket() => {
                Ok(Some(Self::new(path, &metadata)))
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn new(path: &Path, metadata: &fs::Metadata) -> Self {
        Self {
            path: path.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    /// Whether this very file is still at its path. One that cannot be looked at counts as there.
    pub(crate) fn is_there(&self) -> bool {
        Self::at(&self.path).map_or(true, |found| found.as_ref() == Some(self))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file if it is still the one that was seen, and says whether it was.
    ///
    /// Nothing can make the look and the removal one step (unlink(2) knows paths only), so that
    /// a file put there in the instant between the two would go as well.
    pub(crate) fn unlink_if_same(&self) -> io::Result<bool> {
        if Self::at(&self.path)?.as_ref() != Some(self) {
            return Ok(false);
        }
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether somebody holds open the socket whose file is at the path.
pub(super) fn is_live(path: &Path) -> bool {
    matches!(occupant(path), Ok(Occupant::Live))
}

/// Looks at what holds a path, without disturbing it.
///
/// A socket counts as live if any process holds it open, also between its bind and its listen,
/// where a connection of its own type would be refused just as on a stale file. So the
/// question is always asked by a datagram socket: a socket of another type answers `EPROTOTYPE`,
/// and never sees a connection; only a file without a socket refuses (unix(7)).
pub(super) fn occupant(path: &Path) -> io::Result<Occupant> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Gone),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        return Ok(Occupant::NoSocket(metadata.file_type()));
    }
    // Seen before it is asked, so that the answer is never about an older file than the one
    // that may be removed.
    let seen = SocketFile::new(path, &metadata);
    let asking = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
    match asking.connect(&SockAddr::unix(path)?) {
        Err(error) => match error.raw_os_error() {
            Some(libc::ECONNREFUSED) => Ok(Occupant::Stale(seen)),
            Some(libc::ENOENT) => Ok(Occupant::Gone),
            // Whoever may not ask is told nothing; taking it for live removes nothing.
            _ => Ok(Occupant::Live),
        },
        Ok(()) => Ok(Occupant::Live),
    }
}
