//! The type [`Time`]: a point on the master's own clock.

use std::{ops::Add, time::Duration};

/// A point on the master's own clock: the time since the master started, on the monotonic clock.
///
/// The lifecycle reads no clock. The caller passes the time of each input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// Returns the time at which the master started.
    #[must_use]
    pub fn start() -> Self {
        Self(Duration::ZERO)
    }

    /// Returns the time at which this much has passed since the master started.
    #[must_use]
    pub fn since_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Returns how long it is from `self` until `later`, or zero if `later` has passed.
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
