//! When something is worth another try, although nothing has changed.

use std::time::{Duration, Instant};

use selfup_fetch::Backoff;

/// Something that is tried again after a while, which grows.
#[derive(Debug)]
pub(super) struct Doubt {
    backoff: Backoff,
    due: Instant,
}

impl Doubt {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self { backoff, due: Instant::now() }
    }

    /// It was tried, and nothing came of it. The source may have asked for a pause.
    pub(super) fn grow(&mut self, asked: Option<Duration>) {
        self.due = Instant::now() + self.backoff.after_failure(asked);
    }

    /// Whether it is time.
    pub(super) fn is_due(&self) -> bool {
        self.left().is_zero()
    }

    /// The time until then.
    pub(super) fn left(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_ever_later() {
        let minute = Duration::from_secs(60);
        let mut doubt = Doubt::new(Backoff::new(minute, 4 * minute, 7));
        assert!(doubt.is_due());
        for whole in [1, 2, 4, 4] {
            doubt.grow(None);
            let left = doubt.left();
            assert!(!doubt.is_due() && left <= whole * minute, "{left:?}");
            assert!(left > whole * minute / 2 - Duration::from_secs(5), "{left:?}");
        }
        doubt.grow(Some(20 * minute));
        assert!(doubt.left() > 19 * minute, "{:?}", doubt.left());
    }
}
