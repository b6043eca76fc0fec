//! Decides when the service manager's watchdog has to be fed.

use std::time::Duration;

use selfup_lifecycle::Time;
use selfup_program::Watchdog as Proof;

/// Decides when to report that the service is alive, and what has to be proven before. It does no input or
/// output, and reads no clock.
#[derive(Debug)]
pub(super) struct Watchdog {
    every: Duration,
    next: Time,
    proof: Proof,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Report that the service is alive.
    Report,
    /// Ask the child that serves. Its response is reported.
    AskChild,
}

impl Watchdog {
    /// `within` is the longest interval that the manager accepts. Reports are made four times as often:
    /// half the interval is recommended, and the child's response takes some time too.
    pub(super) fn new(within: Duration, proof: Proof, now: Time) -> Self {
        Self { every: (within / 4).max(Duration::from_millis(1)), next: now, proof }
    }

    pub(super) fn every(&self) -> Duration {
        self.every
    }

    pub(super) fn next(&self) -> Time {
        self.next
    }

    /// Returns what is due now, if anything. `serving` is whether there is a child that can be asked.
    pub(super) fn due(&mut self, now: Time, serving: bool) -> Option<Due> {
        if now < self.next {
            return None;
        }
        self.next = now + self.every;
        let asks = self.proof != Proof::Master && serving;
        Some(if asks { Due::AskChild } else { Due::Report })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn reports_are_due_at_a_quarter_of_the_interval() {
        let mut watchdog = Watchdog::new(Duration::from_secs(4), Proof::Master, at(0));
        assert_eq!(watchdog.due(at(0), true), Some(Due::Report));
        assert_eq!(watchdog.due(at(999), true), None);
        assert_eq!(watchdog.next(), at(1000));
        assert_eq!(watchdog.due(at(1500), true), Some(Due::Report));
        assert_eq!(watchdog.next(), at(2500));
    }

    #[test]
    fn the_child_that_serves_is_asked_if_it_has_to_prove_that_it_is_alive() {
        for proof in [Proof::Child, Proof::Program] {
            let mut watchdog = Watchdog::new(Duration::from_secs(4), proof, at(0));
            assert_eq!(watchdog.due(at(0), false), Some(Due::Report), "no child can be asked");
            assert_eq!(watchdog.due(at(1000), true), Some(Due::AskChild));
        }
    }
}
