//! The error type of all fetchers.

use std::{borrow::Cow, error, fmt, io, time::Duration};

use crate::printable::printable;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a fetcher.
///
/// It prints as one line that names the source (without secrets, see [`redact`](crate::redact)), what went wrong
/// and what to check. The cause is the [`source`](error::Error::source), and not part of that line. Characters
/// that do not print, such as control characters in a name from a server, are escaped ([`printable`]).
///
/// A reader returns it inside an [`io::Error`], from which `Error::from` extracts it.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    reason: String,
    advice: Option<String>,
    place: Option<String>,
    transient: bool,
    retry_after: Option<Duration>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The fetcher's settings cannot work.
    Configuration,
    /// Nothing is published at that place (yet).
    NotFound,
    /// The release is incomplete: the file for this platform is still being uploaded.
    Incomplete,
    /// The release has nothing for this platform. The program counts as up to date until it has.
    NoneForPlatform,
    /// The source denies access: credentials or permissions are wrong.
    Denied,
    /// The source cannot be reached: the name, the network or the port is wrong.
    Unreachable,
    /// The source could not prove its identity.
    Untrusted,
    /// The source responds that it cannot serve now.
    Unavailable,
    /// A phase took longer than its deadline.
    TimedOut,
    /// No byte arrived for too long.
    Stalled,
    /// The bytes ended before they were complete.
    Truncated,
    /// The bytes changed while they were read.
    Changed,
    /// The bytes are not in the expected format, such as broken gzip.
    Corrupt,
    /// The source sent something that is invalid or must not be followed.
    Protocol,
    /// The release requires another program than the running one: one with more features, or a newer one.
    Unsupported,
    /// There are more bytes than allowed.
    TooLarge,
    /// Reading failed in another way.
    Io,
    /// An error that is specific to a fetcher.
    Other,
}

impl ErrorKind {
    /// Whether another attempt may succeed with nothing changed.
    const fn is_transient(self) -> bool {
        match self {
            Self::Configuration
            | Self::Denied
            | Self::Untrusted
            | Self::Unsupported
            | Self::TooLarge => false,
            Self::NotFound
            | Self::Incomplete
            | Self::NoneForPlatform
            | Self::Unreachable
            | Self::Unavailable
            | Self::TimedOut
            | Self::Stalled
            | Self::Truncated
            | Self::Changed
            | Self::Corrupt
            | Self::Protocol
            | Self::Io
            | Self::Other => true,
        }
    }
}

impl Error {
    /// Creates an error of this kind. `reason` is a lower-case phrase without a full stop.
    ///
    /// The reason must not contain a secret. Whether the error is transient follows from the kind, unless
    /// [`permanent`](Self::permanent) is called.
    #[must_use]
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                reason: reason.into(),
                advice: None,
                place: None,
                transient: kind.is_transient(),
                retry_after: None,
                source: None,
            }),
        }
    }

    /// Sets the place, unless there is one already. Pass URLs through [`redact`](crate::redact) first.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.inner.place.get_or_insert_with(|| place.into());
        self
    }

    /// Adds advice for the developer of the program or the publisher of its releases: a lower-case phrase
    /// without a full stop.
    ///
    /// It is printed behind the reason. [`without_advice`](Self::without_advice) leaves it out, for users of the
    /// program.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.inner.advice = Some(advice.into());
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Sets the pause that the source asked for.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.inner.retry_after = Some(delay);
        self
    }

    /// Makes the error permanent, whatever its kind.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.inner.transient = false;
        self
    }

    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns the reason, without the place and without [advice](Self::advice).
    #[must_use]
    pub fn reason(&self) -> Cow<'_, str> {
        printable(&self.inner.reason)
    }

    /// Returns what the developer of the program, or the publisher of its releases, can do about it, if
    /// anything.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.inner.advice.as_deref()
    }

    /// Returns the line without the [advice](Self::advice), for users of the program.
    #[must_use]
    pub fn without_advice(&self) -> impl fmt::Display + '_ {
        WithoutAdvice(self)
    }

    /// Returns whether another attempt may succeed with nothing changed.
    ///
    /// Otherwise the configuration or the source has to be changed. It is still worth polling now and then,
    /// because the source may change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.inner.transient
    }

    /// Returns the pause that the source asked for, without a limit. [`Backoff`](crate::Backoff) limits it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.without_advice().fmt(f)?;
        self.inner.advice.as_ref().map_or(Ok(()), |advice| write!(f, "; {}", printable(advice)))
    }
}

struct WithoutAdvice<'a>(&'a Error);

impl fmt::Display for WithoutAdvice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, reason, .. } = &*self.0.inner;
        match place {
            Some(place) => {
                write!(f, "could not fetch {}: {}", printable(place), printable(reason))
            }
            None => write!(f, "could not fetch: {}", printable(reason)),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("place", &self.inner.place)
            .field("reason", &self.inner.reason)
            .field("advice", &self.inner.advice)
            .field("transient", &self.inner.transient)
            .field("retry_after", &self.inner.retry_after)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

/// Wraps the error for a reader to return.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound | ErrorKind::NoneForPlatform => io::ErrorKind::NotFound,
            ErrorKind::Denied => io::ErrorKind::PermissionDenied,
            ErrorKind::TimedOut | ErrorKind::Stalled => io::ErrorKind::TimedOut,
            ErrorKind::Truncated => io::ErrorKind::UnexpectedEof,
            ErrorKind::Corrupt | ErrorKind::Protocol => io::ErrorKind::InvalidData,
            ErrorKind::TooLarge => io::ErrorKind::FileTooLarge,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Extracts the error that a reader wrapped. Any other [`io::Error`] gets a matching kind.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(own) => return own,
            Err(other) => other,
        };
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ErrorKind::TimedOut,
            io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
            _ => ErrorKind::Io,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn it_survives_the_way_through_a_reader() {
        let error = Error::new(ErrorKind::Stalled, "nothing came for 30s")
            .at("http://h/app")
            .with_retry_after(Duration::from_secs(7))
            .permanent();
        let back = Error::from(io::Error::from(error));
        assert_eq!(back.kind(), ErrorKind::Stalled);
        assert_eq!(back.retry_after(), Some(Duration::from_secs(7)));
        assert!(!back.is_transient());
        assert_eq!(back.to_string(), "could not fetch http://h/app: nothing came for 30s");
    }

    #[test]
    fn advice_is_for_some() {
        let error = Error::new(ErrorKind::NotFound, "no such file").at("a").advise("say which");
        assert_eq!(error.to_string(), "could not fetch a: no such file; say which");
        assert_eq!(error.without_advice().to_string(), "could not fetch a: no such file");
        assert_eq!(error.advice(), Some("say which"));
    }

    #[test]
    fn the_first_place_stays() {
        let error = Error::new(ErrorKind::Io, "gone").at("a").at("b");
        assert_eq!(error.to_string(), "could not fetch a: gone");
    }

    #[test]
    fn what_does_not_print_is_escaped() {
        let error = Error::new(ErrorKind::NotFound, "it has \u{1b}[2J\napp").at("a\u{202e}b");
        assert_eq!(error.to_string(), "could not fetch a\\u{202e}b: it has \\u{1b}[2J\\napp");
    }

    #[test]
    fn a_foreign_error_is_the_source() {
        let error = Error::from(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.source().unwrap().is::<io::Error>());
    }
}
