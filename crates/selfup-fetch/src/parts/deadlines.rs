//! The deadlines of the phases of a download, and the errors for missing them.

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};

/// The longest time that each phase of a download may take.
///
/// The defaults fit a large executable on a slow line: 10 seconds for a connection, 30 for a response and
/// for a pause within it, an hour for all of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Deadlines {
    /// For a connection, including the look-up of the host name and TLS.
    pub connect: Duration,
    /// For the head of a response, once there is a connection.
    pub response: Duration,
    /// For the next bytes of a body.
    pub stall: Duration,
    /// For everything together.
    pub total: Duration,
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
    /// Returns the name of a deadline that is zero, if there is one: nothing can be fetched in no time.
    #[must_use]
    pub fn zero(&self) -> Option<&'static str> {
        [
            ("connect_timeout", self.connect),
            ("response_timeout", self.response),
            ("stall_timeout", self.stall),
            ("total_timeout", self.total),
        ]
        .into_iter()
        .find_map(|(name, timeout)| timeout.is_zero().then_some(name))
    }

    /// Returns the end of a transfer that begins now. A duration too long for the clock counts as a
    /// century.
    #[must_use]
    pub fn total_from_now(&self) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        Instant::now() + self.total.min(CENTURY)
    }

    /// The error for a connection that was not made in time; `check` advises what to check.
    #[must_use]
    pub fn no_connection(&self, check: &str) -> Error {
        let reason = format!("no connection within {:?}; check {check}", self.connect);
        Error::new(ErrorKind::TimedOut, reason)
    }

    /// The error for a response that did not begin in time.
    #[must_use]
    pub fn no_response(&self) -> Error {
        Error::new(ErrorKind::TimedOut, format!("no response within {:?}", self.response))
    }

    /// The error for a body that paused for too long.
    #[must_use]
    pub fn stalled(&self) -> Error {
        Error::new(ErrorKind::Stalled, format!("no byte moved for {:?}", self.stall))
    }

    /// The error for a download that took too long in total.
    #[must_use]
    pub fn too_long(&self) -> Error {
        let reason = format!(
            "not complete within {:?}; raise the total timeout if the line is that slow",
            self.total
        );
        Error::new(ErrorKind::TimedOut, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_of_no_time_is_named() {
        let deadlines = Deadlines::default();
        assert_eq!(deadlines.zero(), None);
        let deadlines = Deadlines { stall: Duration::ZERO, ..deadlines };
        assert_eq!(deadlines.zero(), Some("stall_timeout"));
    }

    #[test]
    fn a_total_beyond_all_clocks_is_none() {
        let deadlines = Deadlines { total: Duration::MAX, ..Deadlines::default() };
        assert!(deadlines.total_from_now() > Instant::now());
    }
}
