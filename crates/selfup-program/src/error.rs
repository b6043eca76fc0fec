//! The one error of this crate.

use std::{error, fmt, io};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a child could not take over from its master, or the executable could not be determined.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The executable cannot be determined, or cannot be started again.
    Executable,
    /// What the master hands to its child is not what this build expects.
    Child,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    pub(crate) fn because(
        mut self,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same may go well later: the process or the machine lacked descriptors, threads or memory.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let cause = self.source.as_deref().and_then(|cause| cause.downcast_ref::<io::Error>());
        matches!(
            cause.and_then(io::Error::raw_os_error),
            Some(libc::EMFILE | libc::ENFILE | libc::EAGAIN | libc::ENOMEM)
        )
    }

    /// Its text and its cause, to be made part of another error.
    #[must_use]
    pub fn into_parts(self) -> (String, Option<Box<dyn error::Error + Send + Sync>>) {
        (self.what, self.source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
