//! The reasons for which the master kills a child or rolls an executable back.

use std::fmt;

use selfup_signals::{End, Signal};

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
