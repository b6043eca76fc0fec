//! The error type of this crate.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a child reports if the number of an fd has changed. No call before exec fails with it otherwise.
pub(crate) const MOVED: i32 = libc::ECANCELED;

/// An error with an address, a name, an fd or a child.
///
/// It prints as one line that names the failed operation and its object and, if known, what to do. The error of the
/// operating system is the [`source()`](std::error::Error::source), and not part of the line.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
    fd: Option<OwnedFd>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A text is not an address.
    InvalidAddress,
    /// A name cannot be passed in `LISTEN_FDNAMES`.
    InvalidName,
    /// The set has an fd of that name already.
    DuplicateName,
    /// A host name has no address, or its look-up failed.
    Resolve,
    /// Another socket has the address.
    AddressInUse,
    /// A file that is not a socket is at the path of a Unix socket.
    PathOccupied,
    /// A socket could not be created or bound for another reason.
    Bind,
    /// One of the `LISTEN_*` variables is malformed, or counts fds that do not exist.
    InvalidVariable,
    /// No fd of that name, position or number was inherited, or it has been taken.
    NotInherited,
    /// An inherited fd is of another kind than the one asked for. It is still in the set.
    WrongKind,
    /// An operation on an fd failed, mostly for lack of free numbers.
    Descriptor,
    /// A child could not be started.
    Spawn,
    /// The file of a Unix socket could not be removed.
    Unlink,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, fd: None }
    }

    pub(crate) fn because(mut self, source: impl Into<io::Error>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn giving_back(mut self, fd: OwnedFd) -> Self {
        self.fd = Some(fd);
        self
    }

    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the same call may succeed later with nothing changed.
    ///
    /// That is so if another process has the address, if the machine is short of fds, memory or processes, if a
    /// name could not be resolved, and if an executable is being written (`ETXTBSY`).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::AddressInUse | ErrorKind::Resolve => true,
            ErrorKind::Bind | ErrorKind::Descriptor | ErrorKind::Spawn => {
                self.os_error().is_some_and(|errno| {
                    matches!(
                        errno,
                        libc::EAGAIN
                            | libc::ENOMEM
                            | libc::ENOBUFS
                            | libc::EMFILE
                            | libc::ENFILE
                            | libc::ETXTBSY
                            | MOVED
                    )
                })
            }
            _ => false,
        }
    }

    /// Returns the fd that a failed [`FdSet::insert`](crate::FdSet::insert) did not add.
    ///
    /// Without this call it is closed with the error.
    #[must_use]
    pub fn into_fd(self) -> Option<OwnedFd> {
        self.fd
    }

    fn os_error(&self) -> Option<i32> {
        self.source.as_ref().and_then(io::Error::raw_os_error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    /// Keeps the kind of the operating system's error, if there is one.
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::InvalidAddress | ErrorKind::InvalidName | ErrorKind::InvalidVariable => {
                io::ErrorKind::InvalidInput
            }
            ErrorKind::NotInherited => io::ErrorKind::NotFound,
            ErrorKind::AddressInUse => io::ErrorKind::AddrInUse,
            ErrorKind::PathOccupied | ErrorKind::DuplicateName => io::ErrorKind::AlreadyExists,
            _ => error.source.as_ref().map_or(io::ErrorKind::Other, Self::kind),
        };
        Self::new(kind, error)
    }
}
