//! The error of this crate.

use std::{error, fmt};

/// The result of what may fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    is_transient: bool,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This process could not begin: its signals, its environment or its thread.
    Start,
    /// A socket could not be bound, taken or passed on.
    Socket,
    /// A handoff is under way already.
    Busy,
    /// This process is not ready itself.
    NotReady,
    /// This process drains already.
    Draining,
    /// The hook before an upgrade refused it; or a check turned the new executable down.
    Refused,
    /// The successor could not be started, failed, or was not ready in time. This process serves on.
    Successor,
    /// The new file could not be executed in place of this process.
    Execute,
    /// The policy of upgrades cannot be used: a key or the version.
    Configuration,
    /// The source of an upgrade could not be reached, or did not deliver.
    Fetch,
    /// A new executable could not be put beside the one at the path.
    Install,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        let is_transient = matches!(kind, ErrorKind::Busy | ErrorKind::NotReady);
        Self { kind, what: what.into(), is_transient, source: None }
    }

    #[cfg(feature = "upgrade")]
    pub(crate) fn transient(mut self) -> Self {
        self.is_transient = true;
        self
    }

    pub(crate) fn because(
        mut self,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later, without a change to anything else.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_transient
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
