//! When a connection on which nothing is under way is closed while the program drains.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// How long one connection on which nothing is under way is kept while the program drains.
///
/// A server creates one for each connection. Each has another place in the order of closing, so that many idle
/// connections are closed evenly over a time, and their clients do not all come back at one moment. A connection
/// is closed when two things hold, for the grace of `Config::idle_grace`:
///
/// - It has been silent for a whole grace, part of which may lie before the drain. A client that sends more
///   often than that is never cut off while it sends, and learns of the drain by a response.
/// - A third of the grace has passed since the drain began.
///
/// From the later of the two moments on, the closings are spread over two thirds of the grace. So connections
/// that were silent for long are closed between one third of the grace and its end, and connections that were in
/// use up to the drain are closed up to two thirds of the grace after its end.
///
/// ```
/// # use std::time::{Duration, Instant};
/// let second = Duration::from_secs(1);
/// let grace = selfup::IdleGrace::new(3 * second);
/// let drain = Instant::now() + 60 * second;
/// let long_quiet = grace.end(drain, drain - 50 * second) - drain;
/// assert!(second <= long_quiet && long_quiet <= 3 * second);
/// let just_used = grace.end(drain, drain) - drain;
/// assert!(3 * second <= just_used && just_used <= 5 * second);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct IdleGrace {
    grace: Duration,
    /// Where in the order of closing it is, of 2³².
    place: u32,
}

/// A longer grace could not be added to a moment, and counts as this one.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl IdleGrace {
    /// The grace of one more connection. `grace` is usually
    /// [`Listener::idle_grace`](crate::Listener::idle_grace); more than a year counts as a year.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // By the golden ratio each place is far from those of the connections before it, however
        // many there are.
        let place = COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9);
        Self { grace: grace.min(LONGEST), place }
    }

    /// When the connection is to be closed, if the drain began at `drain`, and the connection has been silent
    /// since `quiet` and stays so.
    #[must_use]
    pub fn end(&self, drain: Instant, quiet: Instant) -> Instant {
        let third = self.grace / 3;
        let share = f64::from(self.place) / (f64::from(u32::MAX) + 1.0);
        (quiet + self.grace).max(drain + third) + (2 * third).mul_f64(share)
    }

    /// When a connection whose protocol can announce the drain without a loss, as HTTP/2 can, is to announce
    /// it: spread evenly over the first two thirds of the grace.
    #[must_use]
    pub fn notice(&self, drain: Instant) -> Instant {
        self.end(drain, drain) - self.grace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How many of 5,000 end in each tenth of a second after the drain.
    fn ends(quiet_before_the_drain: impl Fn(u32) -> Duration) -> Vec<usize> {
        let drain = Instant::now() + 100 * SECOND;
        let mut tenths = vec![0; 60];
        for nth in 0..5000 {
            let end =
                IdleGrace::new(3 * SECOND).end(drain, drain - quiet_before_the_drain(nth)) - drain;
            tenths[usize::try_from(end.as_millis() / 100).unwrap()] += 1;
        }
        tenths
    }

    #[test]
    fn what_was_quiet_for_long_ends_evenly_from_one_third_of_the_grace_on() {
        let ends = ends(|_| 60 * SECOND);
        assert_eq!(ends[..10].iter().sum::<usize>(), 0);
        assert!(ends[10..30].iter().all(|count| (240..=260).contains(count)), "{ends:?}");
        assert_eq!(ends[30..].iter().sum::<usize>(), 0);
    }

    #[test]
    fn nothing_ends_that_was_used_within_a_grace() {
        let ends = ends(|nth| SECOND * nth / 5000);
        assert_eq!(ends[..20].iter().sum::<usize>(), 0);
        assert!(ends.iter().all(|count| *count <= 260), "{ends:?}");
        assert_eq!(ends[20..50].iter().sum::<usize>(), 5000);
    }

    #[test]
    fn a_grace_of_nothing_ends_at_once_and_one_for_ever_never() {
        let now = Instant::now();
        assert_eq!(IdleGrace::new(Duration::ZERO).end(now, now), now);
        assert!(IdleGrace::new(Duration::MAX).end(now, now) > now + LONGEST / 2);
    }

    #[test]
    fn notice_is_given_in_the_first_two_thirds() {
        let drain = Instant::now();
        for _ in 0..100 {
            let notice = IdleGrace::new(3 * SECOND).notice(drain) - drain;
            assert!(notice < 2 * SECOND, "{notice:?}");
        }
    }
}
