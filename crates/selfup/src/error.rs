use std::{error, fmt};

/// Why the overseer could not run.
///
/// Its message is one line; the cause is in [`source`](error::Error::source), and follows in the
/// alternate form (`{:#}`).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This platform has no overseer.
    Unsupported,
    /// A value of the configuration cannot be used.
    Configuration,
    /// An address could not be bound or adopted.
    Address,
    /// The executable that is to run cannot be told, or is none.
    Executable,
    /// The pid file is that of another process that still runs, or could not be written.
    PidFile,
    /// The first child could not be started.
    Start,
    /// The master had to stop, for want of something that it cannot do without.
    Master,
    /// The source of new executables cannot be asked, or did not deliver.
    Fetch,
    /// A new executable was turned down, or could not be installed.
    Refused,
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

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        let cause = error::Error::source(self).filter(|_| f.alternate());
        cause.map_or(Ok(()), |cause| write!(f, ": {}", Chain(cause)))
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error and its causes in one line, for people.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
