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

    pub(crate) fn no_connection(&self) -> Error {
        let reason = format!(
            "no connection within {:?}; check the machine's dns and network, and firewalls on \
             the way",
            self.connect
        );
        Error::new(ErrorKind::TimedOut, reason)
    }

    pub(crate) fn no_response(&self) -> Error {
        Error::new(ErrorKind::TimedOut, format!("no response within {:?}", self.response))
    }

    pub(crate) fn stalled(&self) -> Error {
        Error::new(ErrorKind::Stalled, format!("no byte moved for {:?}", self.stall))
    }

    pub(crate) fn too_long(&self) -> Error {
        let reason = format!(
            "not complete within {:?}; raise the total timeout if the line is that slow",
            self.total
        );
        Error::new(ErrorKind::TimedOut, reason)
    }
}
