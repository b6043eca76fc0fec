//! What the fetcher waits for, how long, and what it means that it was in vain.

use std::time::Duration;

use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Credentials,
    Connect,
    Response,
    Body,
    /// Whatever it was, the whole has taken too long.
    Total,
}

impl Phase {
    /// The longest that it may take by itself.
    pub(crate) fn limit(self, deadlines: &Deadlines) -> Duration {
        match self {
            Self::Credentials => deadlines.response,
            Self::Connect => deadlines.connect,
            // A request may have to connect first, which has its own deadline within this one.
            Self::Response => deadlines.connect.saturating_add(deadlines.response),
            Self::Body => deadlines.stall,
            Self::Total => deadlines.total,
        }
    }

    /// What it means that it took longer.
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
