//! Decides when to fetch something again although its source has not changed.

use std::time::{Duration, Instant};

use selfup_fetch::Backoff;

/// The longest pause before bytes that came damaged are fetched again from an unchanged source.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The same for bytes that run already: then nothing is wrong, and there may be nothing newer.
const LONGEST_FOR_THE_SAME: Duration = Duration::from_secs(24 * 60 * 60);

/// The first of these pauses, unless the polling interval is longer.
const SHORTEST: Duration = Duration::from_secs(1);

/// The reasons to fetch again from an unchanged source, each with its own growing pauses.
#[derive(Debug)]
pub(super) struct Doubts {
    shortest: Duration,
    seed: u64,
    /// The bytes may come better: they were damaged, or ran already under a new validator.
    bytes: Option<Doubt>,
    /// A refused executable came again for a new signature, and was refused again.
    signature: Option<Doubt>,
    /// Bytes were refused that may have been damaged on their way, as no digest vouches for them.
    suspicion: Option<Doubt>,
}

impl Doubts {
    /// Pauses are at least `interval`, which is the polling interval.
    pub(super) fn new(interval: Duration, seed: u64) -> Self {
        let shortest = interval.max(SHORTEST);
        Self { shortest, seed, bytes: None, signature: None, suspicion: None }
    }

    /// Whether one of the doubts is a reason to fetch now.
    pub(super) fn is_due(&self) -> bool {
        let is_due = |doubt: &Option<Doubt>| doubt.as_ref().is_some_and(Doubt::is_due);
        is_due(&self.bytes) || is_due(&self.suspicion)
    }

    /// Whether it is time to look for a new signature of a refused executable.
    pub(super) fn is_signature_due(&self) -> bool {
        self.signature.as_ref().is_none_or(Doubt::is_due)
    }

    /// Whether the bytes are in doubt.
    pub(super) fn are_bytes_doubted(&self) -> bool {
        self.bytes.is_some()
    }

    /// The time until the bytes should be fetched again, if they are in doubt.
    pub(super) fn left(&self) -> Option<Duration> {
        self.bytes.as_ref().map(Doubt::left)
    }

    /// The bytes came damaged. The source may have asked for a pause.
    pub(super) fn damaged(&mut self, asked: Option<Duration>) {
        self.suspicion = None;
        grow(&mut self.bytes, self.shortest, LONGEST, self.seed, asked);
    }

    /// The bytes run already, although the source says that they are new.
    pub(super) fn the_same(&mut self) {
        grow(&mut self.bytes, self.shortest, LONGEST_FOR_THE_SAME, self.seed, None);
    }

    /// The bytes were refused, and may have been damaged on their way.
    pub(super) fn suspect(&mut self) {
        grow(&mut self.suspicion, self.shortest, LONGEST, self.seed, None);
    }

    /// A new signature did not help.
    pub(super) fn signed_in_vain(&mut self) {
        grow(&mut self.signature, self.shortest, LONGEST, self.seed, None);
    }

    /// The bytes are beyond doubt.
    pub(super) fn settle_bytes(&mut self) {
        self.bytes = None;
    }

    pub(super) fn settle_suspicion(&mut self) {
        self.suspicion = None;
    }

    pub(super) fn settle_signature(&mut self) {
        self.signature = None;
    }
}

fn grow(
    doubt: &mut Option<Doubt>,
    shortest: Duration,
    longest: Duration,
    seed: u64,
    asked: Option<Duration>,
) {
    let new = || Doubt::new(Backoff::new(shortest, longest.max(shortest), seed));
    doubt.get_or_insert_with(new).grow(asked);
}

/// A reason to fetch again after a pause, which grows each time.
#[derive(Debug)]
struct Doubt {
    backoff: Backoff,
    due: Instant,
}

impl Doubt {
    fn new(backoff: Backoff) -> Self {
        Self { backoff, due: Instant::now() }
    }

    /// Another attempt was in vain. The source may have asked for a pause.
    fn grow(&mut self, asked: Option<Duration>) {
        self.due = Instant::now() + self.backoff.after_failure(asked);
    }

    fn is_due(&self) -> bool {
        self.left().is_zero()
    }

    /// The time until the next attempt.
    fn left(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_is_due_later_than_the_one_before() {
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
