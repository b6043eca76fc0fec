//! The reasons for which the master kills a child, rolls an executable back or refuses one.

use std::fmt;

use selfup_install::{ErrorKind, Id};
use selfup_signals::{End, Signal};

use crate::why::Reason;

/// Why the master killed a child.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KillReason {
    /// It was not ready within the ready timeout.
    #[non_exhaustive]
    NotReady {
        /// What it was waiting for, in one line, if it has reported that.
        lacks: Option<String>,
    },
    /// It was draining, and had not ended within the terminate timeout.
    #[non_exhaustive]
    NotEnded {
        /// Whether its control channel was closed, so that it could not be asked to drain.
        channel_closed: bool,
    },
    /// It speaks another version of the control protocol.
    OtherProtocol,
    /// It needs a socket that this master does not have.
    MissingSocket,
    /// The executable that it runs was rolled back.
    RolledBack,
}

impl KillReason {
    /// Returns the name of this reason, which does not change: `not-ready`, for example.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotReady { .. } => "not-ready",
            Self::NotEnded { .. } => "not-ended",
            Self::OtherProtocol => "other-protocol",
            Self::MissingSocket => "missing-socket",
            Self::RolledBack => "rolled-back",
        }
    }
}

impl fmt::Display for KillReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady { lacks } => {
                f.write_str("it was not ready within the ready timeout")?;
                return lacks.as_ref().map_or(Ok(()), |lacks| write!(f, ": {lacks}"));
            }
            Self::NotEnded { channel_closed: true } => {
                "it had not ended within the terminate timeout; its control channel is closed"
            }
            Self::NotEnded { channel_closed: false } => {
                "it had not ended within the terminate timeout"
            }
            Self::OtherProtocol => "it speaks another version of the control protocol",
            Self::MissingSocket => "it needs a socket that this master does not have",
            Self::RolledBack => "the executable that it runs was rolled back",
        })
    }
}

/// Why an executable was rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RollbackReason {
    /// Its child did not become ready. The end is known if the child ended by itself.
    NotReady(Option<End>),
    /// Its child ended in its probation.
    Probation(End),
    /// It was rolled back by hand.
    ByHand,
    /// It was started several times and never survived its probation.
    NeverCommitted {
        /// The number of starts.
        starts: u32,
    },
    /// The reason that is recorded beside the executable.
    Recorded(String),
}

impl RollbackReason {
    /// Returns the name of this reason, which does not change: `probation`, for example.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "not-ready",
            Self::Probation(_) => "probation",
            Self::ByHand => "by-hand",
            Self::NeverCommitted { .. } => "never-committed",
            Self::Recorded(_) => "recorded",
        }
    }
}

impl fmt::Display for RollbackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady(Some(end)) => write!(f, "it {end} before it was ready{}", hint(*end)),
            Self::NotReady(None) => f.write_str("it did not get ready"),
            Self::Probation(end) => write!(f, "it {end} in its probation{}", hint(*end)),
            Self::ByHand => f.write_str("it was rolled back by hand"),
            Self::NeverCommitted { starts } => {
                write!(f, "it was started {starts} times and did not survive its probation")
            }
            Self::Recorded(reason) => f.write_str(reason),
        }
    }
}

/// Why a new executable was refused before a child ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// It failed a check.
    #[non_exhaustive]
    Check {
        /// Which check.
        check: Check,
        /// The failure.
        reason: Reason,
    },
    /// It was refused before, and its time has not come again.
    #[non_exhaustive]
    Before {
        /// The SHA-1 of the executable.
        id: Id,
        /// The reason that is recorded beside the path.
        recorded: String,
    },
}

impl RefusalReason {
    /// Returns the name of this reason, which does not change: `before`, or that of the check.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Check { check, .. } => check.kind(),
            Self::Before { .. } => "before",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check { reason, .. } => reason.fmt(f),
            Self::Before { id, recorded } => write!(f, "{id} was refused before: {recorded}"),
        }
    }
}

/// A check that a new executable has to pass before a child runs it. It prints as its name, which does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// Its size is within the cap.
    Size,
    /// It is signed by a trusted key.
    Signature,
    /// It is an executable for this machine, and a selfup program that this master can run.
    Format,
    /// It is the same program.
    Program,
    /// It has a version, which is not older.
    Version,
    /// The `pre_upgrade` hook accepts it.
    Hook,
    /// It responds to the probe.
    Probe,
    /// Another check.
    Other,
}

impl Check {
    /// Returns the name of this check.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Signature => "signature",
            Self::Format => "format",
            Self::Program => "program",
            Self::Version => "version",
            Self::Hook => "hook",
            Self::Probe => "probe",
            Self::Other => "other",
        }
    }
}

impl From<ErrorKind> for Check {
    fn from(failed: ErrorKind) -> Self {
        match failed {
            ErrorKind::TooLarge => Self::Size,
            ErrorKind::SignatureMissing
            | ErrorKind::SignatureMalformed
            | ErrorKind::SignatureUntrusted
            | ErrorKind::SignatureInvalid
            | ErrorKind::SignatureMismatch => Self::Signature,
            ErrorKind::NotExecutable
            | ErrorKind::NoMarker
            | ErrorKind::Protocol
            | ErrorKind::Malformed => Self::Format,
            ErrorKind::OtherProgram => Self::Program,
            ErrorKind::Downgrade | ErrorKind::VersionUnknown => Self::Version,
            ErrorKind::Refused => Self::Hook,
            ErrorKind::ProbeFailed | ErrorKind::ProbeTimedOut => Self::Probe,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// Returns the most likely cause of an end by a signal that this master has not sent.
pub(crate) fn hint(end: End) -> &'static str {
    match end {
        End::Signaled { signal: Signal::KILL, .. } => {
            " (if nobody did it by hand, the memory was too small: while one child takes over from \
             another, there has to be room for two)"
        }
        _ => "",
    }
}
