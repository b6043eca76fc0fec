//! The error type of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause of an error, from a hook or from the system.
pub type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// An error of an installation.
///
/// It prints as one line that names the file, what was found, what was expected and, if something can be done,
/// what to do. The cause, if there is one, is the [`source`](std::error::Error::source), and not part of the
/// text.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    text: String,
    advice: Option<String>,
    cause: Option<Cause>,
    transient: bool,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no file at the target's path, or its link leads nowhere.
    NotFound,
    /// The path is a directory, a FIFO, a device or a socket.
    NotRegular,
    /// This process may not change the directory, or the target in it.
    NotWritable,
    /// The target is on a file system that is mounted read-only.
    ReadOnly,
    /// The target is on a file system that is mounted `noexec`.
    NoExec,
    /// Owner, mode or extended attributes of the target could not be preserved.
    Attributes,
    /// Another installer works on the same target.
    Busy,
    /// The disk or the quota is full.
    NoSpace,
    /// The executable is larger than the size cap.
    TooLarge,
    /// The size differs from the expected one.
    SizeMismatch,
    /// A digest differs from the expected one.
    DigestMismatch,
    /// A digest, a public key, a version or a note could not be parsed.
    Malformed,
    /// There are trusted keys, but no signature.
    SignatureMissing,
    /// The signature could not be parsed, or is of a form that is not accepted.
    SignatureMalformed,
    /// The signature is by a key that is not trusted.
    SignatureUntrusted,
    /// The signature does not match the bytes: one of them was changed.
    SignatureInvalid,
    /// The signature is valid, but for a file of another name or version.
    SignatureMismatch,
    /// The executable declares that it is another program than the one it would replace.
    OtherProgram,
    /// [`verify`](crate::Staged::verify) was called before a [`write`](crate::Staged::write)
    /// had succeeded.
    Incomplete,
    /// The bytes are not an executable for this machine.
    NotExecutable,
    /// The executable is not a selfup program: it carries no selfup note.
    NoMarker,
    /// The executable is a selfup program with an incompatible version of the protocol.
    Protocol,
    /// The executable is older than the one that runs.
    Downgrade,
    /// The version of the executable is unknown, but required.
    VersionUnknown,
    /// The `pre_upgrade` hook refused the new executable.
    Refused,
    /// The new executable did not respond to the probe correctly.
    ProbeFailed,
    /// The new executable did not end before the probe's deadline.
    ProbeTimedOut,
    /// The staged file is no longer the one that was written.
    Altered,
    /// Another process replaced or removed the target meanwhile.
    TargetChanged,
    /// The target has these bytes already.
    AlreadyInstalled,
    /// There is no previous executable to roll back to.
    NoPrevious,
    /// The reader of the new bytes failed.
    Source,
    /// Another error of the system.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        let transient = matches!(kind, ErrorKind::Busy | ErrorKind::NoSpace);
        Self(Box::new(Inner { kind, text: text.into(), advice: None, cause: None, transient }))
    }

    pub(crate) fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds advice for the developer of the program or the publisher of its releases.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    pub(crate) fn transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    /// Creates the error of a system call, whose kind follows from the error number. `text` names the failed
    /// operation and its object.
    pub(crate) fn system(text: impl fmt::Display, cause: io::Error) -> Self {
        let (kind, remedy) = match cause.raw_os_error() {
            Some(libc::EROFS) => (ErrorKind::ReadOnly, ": its file system is mounted read-only"),
            Some(libc::EACCES) => (
                ErrorKind::NotWritable,
                ": permission denied; run as a user who may write there, or install elsewhere",
            ),
            Some(libc::EPERM) => (
                ErrorKind::NotWritable,
                ": not permitted; look for an immutable flag (lsattr) or a sticky directory",
            ),
            Some(libc::EBUSY) => (
                ErrorKind::NotWritable,
                ": it is in use as a mount point; mount its directory instead of the single file",
            ),
            Some(libc::ENOSPC) => (ErrorKind::NoSpace, ": no space left; free some and try again"),
            Some(libc::EDQUOT) => (ErrorKind::NoSpace, ": the disk quota is used up"),
            Some(libc::EFBIG) => (ErrorKind::NoSpace, ": larger than a file may be here"),
            _ => (ErrorKind::Io, ""),
        };
        Self::new(kind, format!("{text}{remedy}")).because(cause)
    }

    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what the developer of the program, or the publisher of its releases, can do about the
    /// failure, if that is known. It is the end of the text.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// Returns the text without the [advice](Self::advice), for users of the program.
    #[must_use]
    pub fn without_advice(&self) -> &str {
        &self.0.text
    }

    /// Returns whether the same step may succeed later with nothing changed: another installer was busy, the
    /// disk was full, or the transfer broke off.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)?;
        self.0.advice.as_ref().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("text", &self.0.text)
            .field("advice", &self.0.advice)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}
