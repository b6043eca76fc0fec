//! How long each phase of a download may take, and what it means that one took longer.

use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};

/// How long each phase of a download may take.
///
/// The defaults fit a large executable on a slow line: 10 seconds for a connection, 30 for a response and
/// for a pause within it, an hour for all of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Deadlines {
    /// For a connection, with the name of the host and TLS.
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
    /// The name of one that is zero, if any is: nothing could be fetched in no time.
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

    /// When a transfer that begins now has to be over; one that may take longer than time can be
    /// counted has a century.
    #[must_use]
    pub fn total_from_now(&self) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        Instant::now() + self.total.min(CENTURY)
    }

    /// No connection was made in time; `check` says what may be the matter.
    #[must_use]
    pub fn no_connection(&self, check: &str) -> Error {
        let reason = format!("no connection within {:?}; check {check}", self.connect);
        Error::new(ErrorKind::TimedOut, reason)
    }

    /// No head of a response came in time.
    #[must_use]
    pub fn no_response(&self) -> Error {
        Error::new(ErrorKind::TimedOut, format!("no response within {:?}", self.response))
    }

    /// A body paused for too long.
    #[must_use]
    pub fn stalled(&self) -> Error {
        Error::new(ErrorKind::Stalled, format!("no byte moved for {:?}", self.stall))
    }

    /// Everything together took too long.
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
