//! Computes how long to wait before the next poll, after success and after failures.

use std::time::Duration;

/// The delays between polls, which grow after failures.
///
/// It reads no clock and does not wait; it returns how long the caller should wait. The same seed gives the same
/// delays. Hosts that were started together need different seeds, or they poll in step; a hash of the host
/// name, process id and start time is sufficient.
///
/// The delay after the n-th failure in a row is between half of `base · 2ⁿ⁻¹` and the whole of it, and never
/// above the limit. Half is fixed so that a failing source gets some time in any case. The rest is random so
/// that hosts that failed together do not return together.
///
/// # Examples
///
/// ```
/// use selfup_fetch::Backoff;
/// use std::time::Duration;
///
/// let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300), 42);
/// assert!(backoff.after_failure(None) <= Duration::from_secs(1));
/// assert!(backoff.after_failure(None) <= Duration::from_secs(2));
/// // The server asked for a pause.
/// assert!(backoff.after_failure(Some(Duration::from_secs(60))) >= Duration::from_secs(60));
/// // After a success, the usual interval, with jitter.
/// assert!(backoff.after_success(Duration::from_secs(10)) < Duration::from_secs(12));
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    limit: Duration,
    failures: u32,
    random: u64,
}

/// The longest pause that a server can ask for: the longest that rate limits ask for. A source that asks for ten
/// years, by mistake or not, must not end the upgrades of a host.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);

impl Backoff {
    /// Creates delays without failures so far.
    ///
    /// `base` is the longest delay after the first failure, `limit` the longest after any. A limit below the
    /// base is raised to it. If the base is zero, all delays are zero, so use at least the poll interval.
    #[must_use]
    pub fn new(base: Duration, limit: Duration, seed: u64) -> Self {
        Self { base, limit: limit.max(base), failures: 0, random: seed }
    }

    /// Returns how long to wait after a failure.
    ///
    /// It is at least the pause that the source asked for ([`Error::retry_after`](crate::Error::retry_after)),
    /// up to an hour, or the limit if that is longer. Up to a tenth is added, because the source asks all
    /// hosts for the same pause.
    pub fn after_failure(&mut self, asked: Option<Duration>) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let whole = self.base.saturating_mul(factor).min(self.limit);
        self.failures = (self.failures + 1).min(32);
        let own = whole / 2 + self.part_of(whole / 2);
        match asked.map(|asked| asked.min(LONGEST_ASKED.max(self.limit))) {
            Some(asked) if asked >= own => asked + self.part_of(asked / 10),
            _ => own,
        }
    }

    /// Returns how long to wait after a success: `interval`, with up to a tenth added. Earlier failures are
    /// forgotten.
    pub fn after_success(&mut self, interval: Duration) -> Duration {
        self.failures = 0;
        interval.saturating_add(self.part_of(interval / 10))
    }

    /// Returns the number of failures since the last success, up to 32.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns a random part of `most`, from nothing to all of it.
    fn part_of(&mut self, most: Duration) -> Duration {
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX - 1);
        Duration::from_nanos(self.next() % (nanos + 1))
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small, good enough to spread hosts, and fine with any seed.
    const fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn delays_double_up_to_the_limit() {
        let mut backoff = Backoff::new(secs(1), secs(60), 7);
        for whole in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let delay = backoff.after_failure(None);
            assert!(delay >= secs(whole) / 2 && delay <= secs(whole), "{delay:?} for {whole}");
        }
        backoff.after_success(secs(1));
        assert!(backoff.after_failure(None) <= secs(1));
    }

    #[test]
    fn it_is_random_but_the_same_for_a_seed() {
        let delays = |seed| {
            let mut backoff = Backoff::new(secs(1), secs(3600), seed);
            (0..12).map(|_| backoff.after_failure(None)).collect::<Vec<_>>()
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
    }

    #[test]
    fn what_the_server_asks_for_is_the_least_within_reason() {
        let mut backoff = Backoff::new(secs(1), secs(60), 7);
        let delay = backoff.after_failure(Some(secs(120)));
        assert!(delay >= secs(120) && delay <= secs(132), "{delay:?}");
        assert!(backoff.after_failure(Some(Duration::MAX)) <= secs(3960));
        assert!(backoff.after_failure(Some(Duration::ZERO)) >= secs(2));
        let mut patient = Backoff::new(secs(1), secs(86_400), 7);
        assert!(patient.after_failure(Some(secs(80_000))) >= secs(80_000));
    }

    proptest! {
        #[test]
        fn it_is_bounded_whatever_happens(
            base in 0..u64::MAX, limit in 0..u64::MAX, seed: u64,
            asked in prop::collection::vec(prop::option::of(0..u64::MAX), 0..80),
        ) {
            let (base, limit) = (Duration::from_millis(base), Duration::from_millis(limit));
            let mut backoff = Backoff::new(base, limit, seed);
            let most = base.max(limit).max(LONGEST_ASKED);
            for asked in asked {
                let delay = backoff.after_failure(asked.map(Duration::from_millis));
                prop_assert!(delay <= most + most / 10);
            }
            prop_assert!(backoff.after_success(base) >= base);
        }
    }
}
