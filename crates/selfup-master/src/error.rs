//! The error type of this crate, and how errors are printed for people.

use std::{error, fmt, io};

use selfup_fetch::printable;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a master or an update.
///
/// It prints as one line. The cause is the [`source`](error::Error::source), which the alternate form
/// (`{:#}`) appends. The `Debug` form is the alternate form, so that an error that `main` returns reads
/// well; `{:#?}` shows the fields.
///
/// The message about an update is for the users of the program. What its developer or publisher can do about the
/// failure is in [`advice`](Self::advice).
pub struct Error {
    kind: ErrorKind,
    what: String,
    transient: bool,
    /// Whether the message is for users of the program.
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
    /// An address could not be bound, or taken over from an earlier process.
    Address,
    /// The executable cannot be determined, or is not a regular file.
    Executable,
    /// The pid file belongs to another process that still runs, or could not be written.
    PidFile,
    /// The first child could not be started.
    Start,
    /// The master hit an unrecoverable failure.
    Master,
    /// The source of new executables could not be reached, or its transfer failed.
    Fetch,
    /// A new executable was refused, or could not be installed.
    Refused,
    /// Another process is installing a new executable at this moment. This is transient.
    Busy,
    /// The disk or the quota is full. This is transient.
    NoSpace,
    /// This process may not replace the executable: it lacks the permission, the file system is
    /// read-only, or attributes of the file (its owner, its capabilities) could not be preserved.
    NotPermitted,
    /// What the master passed to its child is not what this build expects.
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

    /// Leaves the advice for the developer out of the message.
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

    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the same may succeed later with nothing changed: another process was
    /// [installing](ErrorKind::Busy), the disk was [full](ErrorKind::NoSpace), the source could not be reached
    /// or asked for a pause, the bytes were damaged on their way, or a child lacked descriptors, threads or
    /// memory.
    ///
    /// If this is `false`, something has to be changed first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// Returns what the developer of the program, or the publisher of its releases, can do about the
    /// failure, if that is known.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let causes = std::iter::successors(error::Error::source(self), |cause| cause.source());
        causes.into_iter().find_map(advice_of).map(str::to_owned)
    }
}

impl From<&selfup_install::Error> for ErrorKind {
    /// Distinguishes what is in the way from what was fetched.
    fn from(error: &selfup_install::Error) -> Self {
        use selfup_install::ErrorKind as Found;
        match error.kind() {
            Found::Source => Self::Fetch,
            Found::Busy => Self::Busy,
            Found::NoSpace => Self::NoSpace,
            Found::NotWritable | Found::ReadOnly | Found::Attributes => Self::NotPermitted,
            Found::NotFound
            | Found::NotRegular
            | Found::NoExec
            | Found::TargetChanged
            | Found::Io => Self::Executable,
            _ => Self::Refused,
        }
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

/// Prints an error and its causes as one line for people.
///
/// A cause that repeats the message in front of it is left out, and so are the words *could not fetch* of a cause
/// if an earlier message begins with them. Characters that do not print are escaped,
/// because causes quote servers, files and programs.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn error::Error + 'static));

impl Chain<'_> {
    /// Leaves out the advice for the developer.
    fn for_users(&self) -> impl fmt::Display {
        self.joined(text_for_users)
    }

    fn joined(&self, text: fn(&(dyn error::Error + 'static)) -> String) -> String {
        let text = |error| printable(&text(error)).into_owned();
        let mut last = text(self.0);
        let mut verbs = Vec::new();
        let mut all = without_repeated_verb(&last, &mut verbs).to_owned();
        for cause in std::iter::successors(self.0.source(), |cause| cause.source()) {
            let text = text(cause);
            if !last.contains(&text) {
                all.push_str(": ");
                all.push_str(without_repeated_verb(&text, &mut verbs));
                last = text;
            }
        }
        all
    }
}

/// Leaves out *could not fetch* at the start of a message, if an earlier message of the chain begins with the
/// same words. `verbs` has the verbs of the earlier messages.
fn without_repeated_verb<'a>(message: &'a str, verbs: &mut Vec<String>) -> &'a str {
    let Some(rest) = message.strip_prefix("could not ") else { return message };
    let (verb, rest) = rest.split_at(rest.find([' ', ':']).unwrap_or(rest.len()));
    if verbs.iter().any(|earlier| earlier == verb) && !rest.is_empty() {
        return rest.trim_start_matches([':', ' ']);
    }
    verbs.push(verb.to_owned());
    message
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined(ToString::to_string))
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

/// Returns the error of a fetcher, by itself or inside the error of a reader.
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
    fn users_get_a_line_without_the_advice_for_developers() {
        let line = "could not look for an update: could not fetch http://host/app: no such asset";
        let error = failed();
        assert_eq!(format!("{error:#}"), format!("{line}; say which by asset(): the line is dead"));
        let error = error.for_users();
        assert_eq!(format!("{error:#}"), format!("{line}: the line is dead"));
        assert_eq!(error.to_string(), "could not look for an update");
        assert_eq!(error.advice().as_deref(), Some("say which by asset()"));
    }

    #[test]
    fn an_error_that_main_returns_reads_as_a_sentence() {
        let error = failed().for_users();
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(format!("{error:#?}").contains("kind: Fetch"));
    }

    #[test]
    fn a_cause_that_repeats_the_message_is_left_out() {
        let cause = selfup_fetch::Error::from(io::Error::other("the disk is gone"));
        assert!(error::Error::source(&cause).is_some());
        let error =
            Error::new(ErrorKind::Fetch, "could not update").because(io::Error::from(cause));
        assert_eq!(format!("{error:#}"), "could not update: could not fetch: the disk is gone");
    }

    #[test]
    fn no_verb_is_repeated() {
        let fetch = |error: selfup_fetch::Error| {
            let error = Error::new(ErrorKind::Fetch, "could not fetch the update").because(error);
            format!("{error:#}")
        };
        let at = selfup_fetch::Error::new(Kind::NotFound, "no such asset").at("http://host/app");
        assert_eq!(fetch(at), "could not fetch the update: http://host/app: no such asset");
        let anywhere = selfup_fetch::Error::new(Kind::Other, "the disk is gone");
        assert_eq!(fetch(anywhere), "could not fetch the update: the disk is gone");
        let other = Error::new(ErrorKind::Fetch, "could not update")
            .because(Error::new(ErrorKind::Fetch, "could not fetch"));
        assert_eq!(format!("{other:#}"), "could not update: could not fetch");
    }
}
