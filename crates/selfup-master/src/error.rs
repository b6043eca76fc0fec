//! The one error of this crate, and how errors are told to people.

use std::{error, fmt, io};

use selfup_fetch::printable;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why no master can run, or an update was not made.
///
/// Its message is one line; the cause is in [`source`](error::Error::source), and follows in the
/// alternate form (`{:#}`). Its `Debug` form is the same line with its causes, so that what `main`
/// returns as an error reads well too; `{:#?}` shows the fields.
///
/// The message about an update is for the users of the program. What its developer or publisher can do about the
/// failure is in [`advice`](Self::advice).
pub struct Error {
    kind: ErrorKind,
    what: String,
    transient: bool,
    /// It is told to those who merely use the program.
    for_users: bool,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No master can run on this platform.
    Unsupported,
    /// A value of the configuration cannot be used.
    Configuration,
    /// An address could not be bound or adopted.
    Address,
    /// The executable cannot be determined, or is not a regular file.
    Executable,
    /// The pid file is that of another process that still runs, or could not be written.
    PidFile,
    /// The first child could not be started.
    Start,
    /// The master hit an unrecoverable failure.
    Master,
    /// The source of new executables cannot be asked, or did not deliver.
    Fetch,
    /// A new executable was turned down, or could not be installed.
    Refused,
    /// Another process is installing a new executable at this moment. It is transient.
    Busy,
    /// The disk or the quota is full. It is transient.
    NoSpace,
    /// This process may not replace the executable: for want of permission, since the file system is
    /// mounted read-only, or since what belongs to the file (its owner, its capabilities) could not
    /// be kept.
    NotPermitted,
    /// What the master hands to its child is not what this build expects.
    Child,
}

impl Error {
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), transient: false, for_users: false, source: None }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn transient(mut self, transient: bool) -> Self {
        self.transient = transient;
        self
    }

    /// Leaves out of the message what is for the developer.
    #[doc(hidden)]
    #[must_use]
    pub fn for_users(mut self) -> Self {
        self.for_users = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same may go well later by itself: another process was [installing](ErrorKind::Busy), the disk
    /// was [full](ErrorKind::NoSpace), the source could not be reached or asked for a pause, the download was
    /// damaged on its way, or a child lacked descriptors, threads or memory.
    ///
    /// Where it is `false`, something has to be changed first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// What the developer of the program, or the publisher of its releases, can do about it, if that is known.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let causes = std::iter::successors(error::Error::source(self), |cause| cause.source());
        causes.into_iter().find_map(advice_of).map(str::to_owned)
    }
}

impl From<selfup_program::Error> for Error {
    fn from(error: selfup_program::Error) -> Self {
        let kind = match error.kind() {
            selfup_program::ErrorKind::Executable => ErrorKind::Executable,
            _ => ErrorKind::Child,
        };
        let transient = error.is_transient();
        let (what, source) = error.into_parts();
        Self { source, transient, ..Self::new(kind, what) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return f.write_str(&printable(&self.what));
        }
        let chain = Chain(self);
        if self.for_users { chain.for_users().fmt(f) } else { chain.fmt(f) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{self:#}");
        }
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("what", &self.what)
            .field("transient", &self.transient)
            .field("source", &self.source)
            .finish()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An error and its causes in one line, for people. What one of them says that the one before said
/// already is not said again. What does
/// not print is escaped, since causes quote what servers, files and programs say.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn error::Error + 'static));

impl Chain<'_> {
    /// Without what is for the developer.
    fn for_users(&self) -> impl fmt::Display {
        self.told(text_for_users)
    }

    fn told(&self, text: fn(&(dyn error::Error + 'static)) -> String) -> String {
        let text = |error| printable(&text(error)).into_owned();
        let mut last = text(self.0);
        let mut all = last.clone();
        for cause in std::iter::successors(self.0.source(), |cause| cause.source()) {
            let said = text(cause);
            if !last.contains(&said) {
                all.push_str(": ");
                all.push_str(&said);
                last = said;
            }
        }
        all
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(ToString::to_string))
    }
}

fn text_for_users(error: &(dyn error::Error + 'static)) -> String {
    if let Some(error) = fetching(error) {
        error.without_advice().to_string()
    } else if let Some(error) = error.downcast_ref::<selfup_install::Error>() {
        error.without_advice().to_owned()
    } else {
        error.to_string()
    }
}

fn advice_of<'a>(error: &'a (dyn error::Error + 'static)) -> Option<&'a str> {
    match fetching(error) {
        Some(error) => error.advice(),
        None => error.downcast_ref::<selfup_install::Error>()?.advice(),
    }
}

/// A fetcher's error, which comes by itself or inside one of a reader.
pub fn fetching<'a>(error: &'a (dyn error::Error + 'static)) -> Option<&'a selfup_fetch::Error> {
    let inside = |error: &'a io::Error| error.get_ref()?.downcast_ref();
    error.downcast_ref().or_else(|| inside(error.downcast_ref()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfup_fetch::ErrorKind as Kind;

    fn failed() -> Error {
        let gone = io::Error::other("the line is dead");
        let fetch = selfup_fetch::Error::new(Kind::NotFound, "no such asset")
            .at("http://host/app")
            .advise("say which by asset()")
            .with_source(gone);
        Error::new(ErrorKind::Fetch, "could not look for an update").because(fetch)
    }

    #[test]
    fn a_line_for_users_and_one_for_developers() {
        let line = "could not look for an update: could not fetch http://host/app: no such asset";
        let error = failed();
        assert_eq!(format!("{error:#}"), format!("{line}; say which by asset(): the line is dead"));
        let error = error.for_users();
        assert_eq!(format!("{error:#}"), format!("{line}: the line is dead"));
        assert_eq!(error.to_string(), "could not look for an update");
        assert_eq!(error.advice().as_deref(), Some("say which by asset()"));
    }

    #[test]
    fn what_main_returns_reads_as_a_sentence() {
        let error = failed().for_users();
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(format!("{error:#?}").contains("kind: Fetch"));
    }

    #[test]
    fn a_cause_is_said_once() {
        let cause = selfup_fetch::Error::from(io::Error::other("the disk is gone"));
        assert!(error::Error::source(&cause).is_some());
        let error = Error::new(ErrorKind::Fetch, "could not fetch").because(io::Error::from(cause));
        assert_eq!(format!("{error:#}"), "could not fetch: could not fetch: the disk is gone");
    }
}
