//! Identifies the file of a Unix socket, by more than its path.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

/// A socket file that was seen at a path.
///
/// Some file systems reuse the inode number of a removed file for the next one, which is likely to be the successor
/// at the same path. The time at which a socket file was created, which no use of the socket changes, distinguishes
/// the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    modified: (i64, i64),
}

/// What is at the path of a socket that could not be bound.
pub(super) enum Occupant {
    /// A socket that a process holds open.
    Live,
    /// A socket file whose socket is closed.
    Stale(SocketFile),
    /// Anything else.
    NoSocket(fs::FileType),
    /// Nothing.
    Gone,
}

impl SocketFile {
    /// Returns the socket file at a path, if there is one. A link at its end is not followed.
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

    /// Returns whether this file is still at its path. If it cannot be examined, it counts as present.
    pub(crate) fn is_there(&self) -> bool {
        Self::at(&self.path).map_or(true, |found| found.as_ref() == Some(self))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file if it is still the same, and returns whether it was.
    ///
    /// The check and the removal cannot be one step, because unlink(2) takes a path. A file that is put there
    /// in the instant between the two is removed as well.
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

/// Returns whether a process holds the socket open whose file is at the path.
pub(super) fn is_live(path: &Path) -> bool {
    matches!(occupant(path), Ok(Occupant::Live))
}

/// Examines what is at a path, without disturbing it.
///
/// A socket counts as live if any process holds it open, also between its bind and its listen, when a connection of
/// its own type is refused just as on a stale file. So the check always uses a datagram socket: for a socket of
/// another type it gets `EPROTOTYPE`, and that socket never sees a connection. Only a file without a socket refuses
/// (unix(7)).
pub(super) fn occupant(path: &Path) -> io::Result<Occupant> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Gone),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        return Ok(Occupant::NoSocket(metadata.file_type()));
    }
    // Identify the file before the check, so that the result never concerns an older file than
    // the one that may be removed.
    let seen = SocketFile::new(path, &metadata);
    let asking = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
    match asking.connect(&SockAddr::unix(path)?) {
        Err(error) => match error.raw_os_error() {
            Some(libc::ECONNREFUSED) => Ok(Occupant::Stale(seen)),
            Some(libc::ENOENT) => Ok(Occupant::Gone),
            // Without the permission to check, it counts as live, so that nothing is removed.
            _ => Ok(Occupant::Live),
        },
        Ok(()) => Ok(Occupant::Live),
    }
}
