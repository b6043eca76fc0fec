//! The master's own clock.

use std::{ops::Add, time::Duration};

/// A point on the master's own clock: the time since it started, on the monotonic clock.
///
/// The lifecycle reads no clock; each event says when it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The moment at which the master started.
    #[must_use]
    pub fn start() -> Self {
        Self(Duration::ZERO)
    }

    /// So long after the master started.
    #[must_use]
    pub fn since_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long it is from `self` until `later`; zero when that has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        later.0.saturating_sub(self.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates, so that a deadline of `Duration::MAX` means never.
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }
}
