//! How long each phase of a download may take.

use std::time::Duration;

use selfup_fetch::{Error, ErrorKind};

/// How long each phase may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) connect: Duration,
    pub(crate) response: Duration,
    pub(crate) stall: Duration,
    pub(crate) total: Duration,
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Credentials,
    Connect,
    Response,
    Body,
    /// Whatever it was, the whole has taken too long.
    Total,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            total: Duration::from_secs(60 * 60),
        }
    }
}

impl Deadlines {
    /// The name of one that is zero, if any is.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        [
            ("connect_timeout", self.connect),
            ("response_timeout", self.response),
            ("stall_timeout", self.stall),
            ("total_timeout", self.total),
        ]
        .into_iter()
        .find_map(|(name, timeout)| timeout.is_zero().then_some(name))
    }

    /// The longest that a phase may take by itself.
    pub(crate) fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Credentials => self.response,
            Phase::Connect => self.connect,
            // A request may have to connect first, which has its own deadline within this one.
            Phase::Response => self.connect.saturating_add(self.response),
            Phase::Body => self.stall,
            Phase::Total => self.total,
        }
    }

    /// What it means that one was missed.
    pub(crate) fn missed(&self, phase: Phase) -> Error {
        let kind = if phase == Phase::Body { ErrorKind::Stalled } else { ErrorKind::TimedOut };
        let reason = match phase {
            Phase::Credentials => format!(
                "no credentials within {:?}; check what provides them (sts, the container, the \
                 instance's metadata), or give some with credentials()",
                self.response
            ),
            Phase::Connect => format!(
                "no connection within {:?}; check region and endpoint, and firewalls on the way",
                self.connect
            ),
            Phase::Response => format!("no response within {:?}", self.response),
            Phase::Body => format!("no byte moved for {:?}", self.stall),
            Phase::Total => format!(
                "not complete within {:?}; raise the total timeout if the line is that slow",
                self.total
            ),
        };
        Error::new(kind, reason)
    }
}
