//! What can go wrong.

use std::{error, fmt, io};

/// Why something could not be done with a signal.
///
/// It prints as one line that names the signal and the process. The system's own words are its
/// [`source`](error::Error::source).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// The kinds of [`Error`] that a program may want to tell apart.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No signal has that name or number.
    UnknownSignal,
    /// The signal cannot be caught, or must not be.
    NotCatchable,
    /// The process to signal has gone.
    Gone,
    /// The process to signal belongs to somebody else.
    NotPermitted,
    /// The process to ask about is not a child of this one, or was waited for already.
    NotAChild,
    /// More signals wait to be delivered than the kernel queues for one user.
    QueueFull,
    /// The system refused in another way; the source says how.
    System,
}

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

    /// Returns what kind of error this is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Says whether the same call may succeed a little later with nothing changed.
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
