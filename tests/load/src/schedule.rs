//! Computes when requests are due.

use std::time::Duration;

/// The due times of one lane, as offsets from the start: fixed before the first is sent.
#[derive(Debug)]
pub(crate) struct Schedule {
    rate: f64,
    limit: Option<u64>,
    taken: u64,
}

impl Schedule {
    pub(crate) fn new(rate: f64, limit: Option<u64>) -> Self {
        Self { rate, limit, taken: 0 }
    }

    /// When the next one is due; `None` after the last.
    pub(crate) fn next(&self) -> Option<Duration> {
        let more = self.limit.is_none_or(|limit| self.taken < limit);
        // By multiplication: adding up intervals would add up their rounding errors.
        more.then(|| Duration::from_secs_f64(self.taken as f64 / self.rate))
    }

    /// Takes the next one if it is due by now.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Duration> {
        let due = self.next().filter(|due| *due <= now)?;
        self.taken += 1;
        Some(due)
    }

    /// Takes no more.
    pub(crate) fn stop(&mut self) {
        self.limit = Some(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_missed_while_busy_are_all_due_at_their_own_times() {
        let mut schedule = Schedule::new(4.0, Some(3));
        let now = Duration::from_secs(10);
        let due: Vec<_> = std::iter::from_fn(|| schedule.take_due(now)).collect();
        assert_eq!(due, [0, 250, 500].map(Duration::from_millis));
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn nothing_is_due_early_or_after_the_stop() {
        let mut schedule = Schedule::new(4.0, None);
        assert!(schedule.take_due(Duration::ZERO).is_some());
        assert!(schedule.take_due(Duration::from_millis(249)).is_none());
        schedule.stop();
        assert!(schedule.take_due(Duration::from_secs(9)).is_none());
    }

    #[test]
    fn a_long_run_does_not_drift() {
        let mut schedule = Schedule::new(3.0, None);
        for _ in 0..3_000_000 {
            schedule.take_due(Duration::MAX);
        }
        assert_eq!(schedule.next(), Some(Duration::from_secs(1_000_000)));
    }
}
