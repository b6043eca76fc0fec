//! The error type of this crate.

use std::{error, fmt, io};

/// An error of this crate.
///
/// It prints as one line that names the signal and the process. The error of the system is the
/// [`source`](error::Error::source).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// The kinds of [`Error`] that a program may want to distinguish.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No signal has that name or number.
    UnknownSignal,
    /// The signal cannot be caught, or must not be.
    NotCatchable,
    /// The process to signal no longer exists.
    Gone,
    /// The process to signal belongs to another user.
    NotPermitted,
    /// The process is not a child of this one, or has been waited for already.
    NotAChild,
    /// The kernel's queue of signals for this user is full (`RLIMIT_SIGPENDING`).
    QueueFull,
    /// Another error of the system, which is the source.
    System,
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: String) -> Self {
        Self { kind, message, source: None }
    }

    pub(crate) fn system(message: String, source: impl Into<io::Error>) -> Self {
        Self::because(ErrorKind::System, message, source)
    }

    pub(crate) fn because(kind: ErrorKind, message: String, source: impl Into<io::Error>) -> Self {
        Self { kind, message, source: Some(source.into()) }
    }

    /// Returns the kind of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the same call may succeed a little later with nothing changed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::QueueFull)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
