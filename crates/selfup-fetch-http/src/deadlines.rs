//! How long each phase of a download may take.

use std::time::{Duration, Instant};

use selfup_fetch::{Error, ErrorKind};
use ureq::Timeout;

/// How long each phase may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) connect: Duration,
    pub(crate) response: Duration,
    pub(crate) stall: Duration,
    pub(crate) total: Duration,
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

    /// When a transfer that begins now has to be over; one that may take longer than time can be
    /// counted has a century.
    pub(crate) fn total_from_now(&self) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        Instant::now() + self.total.min(CENTURY)
    }

    /// What it means that one was missed.
    pub(crate) fn missed(&self, timeout: Timeout) -> Error {
        let (kind, reason) = match timeout {
            Timeout::PerRead | Timeout::PerWrite => {
                (ErrorKind::Stalled, format!("no byte moved for {:?}", self.stall))
            }
            Timeout::Resolve => (
                ErrorKind::TimedOut,
                format!(
                    "the host name was not resolved within {:?}; check the machine's dns",
                    self.connect
                ),
            ),
            Timeout::Connect => (
                ErrorKind::TimedOut,
                format!(
                    "no connection within {:?}; check the URL, and firewalls on the way",
                    self.connect
                ),
            ),
            Timeout::SendRequest | Timeout::RecvResponse => {
                (ErrorKind::TimedOut, format!("no response within {:?}", self.response))
            }
            _ => (
                ErrorKind::TimedOut,
                format!(
                    "not complete within {:?}; raise the total timeout if the line is that slow",
                    self.total
                ),
            ),
        };
        Error::new(kind, reason)
    }
}
