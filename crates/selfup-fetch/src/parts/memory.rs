//! The memory of a fetcher between polls: the artifact that it returned, and its outcome.

use crate::fetch::Outcome;

/// The bookkeeping behind [`report`](crate::Fetch::report), [`holds_back`](crate::Fetch::holds_back) and
/// [`retry`](crate::Fetch::retry), for a fetcher that knows its files by some mark.
///
/// `S` is what tells one state of a file from another, such as validators; `G` what tells one signature
/// from another, best its text.
#[derive(Debug)]
pub struct Memory<S, G = String> {
    /// The mark of the last settled executable; `None` if nothing can prove it unchanged.
    settled: Option<S>,
    /// The outcome is in doubt, so the settled executable is returned again on request.
    doubtful: bool,
    /// The signature of the settled executable, if it was refused although a signature was requested; an
    /// inner `None` means that there was none.
    refused: Option<Option<G>>,
    /// The artifact that was returned and is not settled yet.
    pending: Option<Pending<S, G>>,
}

#[derive(Debug)]
struct Pending<S, G> {
    mark: Option<S>,
    signature: Option<Option<G>>,
}

impl<S, G> Default for Memory<S, G> {
    fn default() -> Self {
        Self { settled: None, doubtful: false, refused: None, pending: None }
    }
}

impl<S, G: PartialEq> Memory<S, G> {
    /// Creates the memory of a fetcher that has fetched nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a poll: forgets an artifact that was never settled.
    pub fn begin(&mut self) {
        self.pending = None;
    }

    /// The mark of the settled executable.
    #[must_use]
    pub const fn settled(&self) -> Option<&S> {
        self.settled.as_ref()
    }

    /// Whether the settled executable was refused, so that a later signature may change the outcome.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether the refused executable has another signature now. `now` is `None` if none was requested.
    #[must_use]
    pub fn is_signed_anew(&self, now: Option<&Option<G>>) -> bool {
        matches!((&self.refused, now), (Some(then), Some(now)) if then != now)
    }

    /// Replaces the mark of the settled executable.
    pub fn renew(&mut self, mark: Option<S>) {
        self.settled = mark;
    }

    /// Forgets the refused executable, because it is no longer offered.
    pub fn forget_refusal(&mut self) {
        self.refused = None;
    }

    /// Records that an artifact is returned, with this signature if one was requested.
    pub fn hand_out(&mut self, mark: Option<S>, signature: Option<Option<G>>) {
        self.pending = Some(Pending { mark, signature });
    }

    /// As [`Fetch::report`](crate::Fetch::report).
    pub fn report(&mut self, outcome: Outcome) {
        if let Some(pending) = self.pending.take()
            && (outcome.is_final() || outcome == Outcome::Doubtful)
        {
            self.settled = pending.mark;
            self.doubtful = outcome == Outcome::Doubtful;
            self.refused = pending.signature.filter(|_| outcome == Outcome::Refused);
        }
    }

    /// As [`Fetch::holds_back`](crate::Fetch::holds_back).
    #[must_use]
    pub const fn holds_back(&self) -> bool {
        self.doubtful && self.settled.is_some()
    }

    /// As [`Fetch::retry`](crate::Fetch::retry).
    pub fn retry(&mut self) {
        (self.settled, self.doubtful) = (None, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outcome: Outcome) -> Memory<u8> {
        let mut memory = Memory::new();
        memory.hand_out(Some(1), Some(Some("one".to_owned())));
        memory.report(outcome);
        memory
    }

    #[test]
    fn what_failed_is_not_remembered() {
        assert_eq!(after(Outcome::Failed).settled(), None);
        assert_eq!(after(Outcome::Installed).settled(), Some(&1));
        let mut memory = Memory::<u8>::new();
        memory.hand_out(Some(1), None);
        memory.begin();
        memory.report(Outcome::Installed);
        assert_eq!(memory.settled(), None);
    }

    #[test]
    fn what_was_refused_may_be_signed_anew() {
        let memory = after(Outcome::Refused);
        assert!(memory.is_refused());
        assert!(!memory.is_signed_anew(None));
        assert!(!memory.is_signed_anew(Some(&Some("one".to_owned()))));
        assert!(memory.is_signed_anew(Some(&Some("two".to_owned()))));
        assert!(memory.is_signed_anew(Some(&None)));
        assert!(!after(Outcome::Installed).is_signed_anew(Some(&None)));
    }

    #[test]
    fn what_is_doubtful_comes_again_when_asked_for() {
        let mut memory = after(Outcome::Doubtful);
        assert!(memory.holds_back());
        memory.retry();
        assert!(!memory.holds_back());
        assert_eq!(memory.settled(), None);
    }
}
