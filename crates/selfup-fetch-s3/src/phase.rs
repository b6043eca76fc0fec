//! The phases of a poll, their deadlines, and the errors for missing them.

use std::time::Duration;

use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

/// A phase of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Credentials,
    Connect,
    Response,
    Body,
    /// All phases together.
    Total,
}

impl Phase {
    /// The deadline of the phase itself.
    pub(crate) fn limit(self, deadlines: &Deadlines) -> Duration {
        match self {
            Self::Credentials => deadlines.response,
            Self::Connect => deadlines.connect,
            // A request may have to connect first, with its own deadline within this one.
            Self::Response => deadlines.connect.saturating_add(deadlines.response),
            Self::Body => deadlines.stall,
            Self::Total => deadlines.total,
        }
    }

    /// The error for a phase that took longer.
    pub(crate) fn missed(self, deadlines: &Deadlines) -> Error {
        match self {
            Self::Credentials => {
                let reason = format!(
                    "no credentials within {:?}; check what provides them (sts, the container, the \
                     instance's metadata), or give some with credentials()",
                    deadlines.response
                );
                Error::new(ErrorKind::TimedOut, reason)
            }
            Self::Connect => {
                deadlines.no_connection("region and endpoint, and firewalls on the way")
            }
            Self::Response => deadlines.no_response(),
            Self::Body => deadlines.stalled(),
            Self::Total => deadlines.too_long(),
        }
    }
}
