//! The master's own clock.

use std::{ops::Add, time::Duration};

/// A point on the master's own clock: the time since it started, on the monotonic clock.
///
/// The lifecycle reads no clock; each event says when it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Time(Duration);

impl Time {
    pub(crate) fn start() -> Self {
        Self(Duration::ZERO)
    }

    pub(crate) fn since_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long it is from `self` until `later`; zero when that has passed.
    pub(crate) fn until(self, later: Self) -> Duration {
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
