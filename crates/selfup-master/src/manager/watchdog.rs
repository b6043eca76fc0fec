//! When the watchdog of a service manager is due.

use std::time::Duration;

use selfup_lifecycle::Time;
use selfup_program::Watchdog as Proof;

/// When the service manager is to be told that the service is alive, and what has to be proven
/// before. Does no input or output and reads no clock.
#[derive(Debug)]
pub(super) struct Watchdog {
    every: Duration,
    next: Time,
    proof: Proof,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Tell that the service is alive.
    Tell,
    /// Ask the child that serves; its answer is what is told.
    Ask,
}

impl Watchdog {
    /// `within` is how often the manager wants to be told at the least. It is told four times as
    /// often: half of that is recommended, and the child's answer needs its time too.
    pub(super) fn new(within: Duration, proof: Proof, now: Time) -> Self {
        Self { every: (within / 4).max(Duration::from_millis(1)), next: now, proof }
    }

    pub(super) fn every(&self) -> Duration {
        self.every
    }

    pub(super) fn next(&self) -> Time {
        self.next
    }

    /// What is to be done now, if anything. `serving`: there is a child that can be asked.
    pub(super) fn due(&mut self, now: Time, serving: bool) -> Option<Due> {
        if now < self.next {
            return None;
        }
        self.next = now + self.every;
        let asks = self.proof != Proof::Master && serving;
        Some(if asks { Due::Ask } else { Due::Tell })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::since_start(Duration::from_millis(millis))
    }

    #[test]
    fn it_is_told_in_time_and_not_all_the_time() {
        let mut watchdog = Watchdog::new(Duration::from_secs(4), Proof::Master, at(0));
        assert_eq!(watchdog.due(at(0), true), Some(Due::Tell));
        assert_eq!(watchdog.due(at(999), true), None);
        assert_eq!(watchdog.next(), at(1000));
        assert_eq!(watchdog.due(at(1500), true), Some(Due::Tell));
        assert_eq!(watchdog.next(), at(2500));
    }

    #[test]
    fn who_serves_has_to_answer_if_that_was_asked_for() {
        for proof in [Proof::Child, Proof::Program] {
            let mut watchdog = Watchdog::new(Duration::from_secs(4), proof, at(0));
            assert_eq!(watchdog.due(at(0), false), Some(Due::Tell), "nobody can be asked");
            assert_eq!(watchdog.due(at(1000), true), Some(Due::Ask));
        }
    }
}
