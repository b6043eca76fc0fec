//! Counters, gauges and a histogram, for whatever recorder the program has installed.

use metrics::{counter, gauge, histogram};
use selfup_signals::End;

use super::{Population, course::Turn, descriptions};
use crate::event::Event;

/// Proof that the metrics have been described to the recorder.
#[derive(Debug)]
pub(super) struct Meters(());

impl Meters {
    pub(super) fn new() -> Self {
        descriptions::describe();
        Self(())
    }

    pub(super) fn note(&self, event: &Event, turns: &[Turn]) {
        for turn in turns {
            if let Turn::RestartEnds { cause, outcome, took } = turn {
                let (cause, outcome) = (cause.kind(), outcome.name());
                counter!("selfup_restarts_total", "cause" => cause, "outcome" => outcome)
                    .increment(1);
                let seconds = took.as_secs_f64();
                histogram!("selfup_restart_duration_seconds", "outcome" => outcome).record(seconds);
            }
        }
        match event {
            Event::Ended { end, .. } => {
                let how = match end {
                    End::Exited(0) => "success",
                    End::Exited(_) => "failure",
                    End::Signaled { .. } => "signal",
                };
                counter!("selfup_children_ended_total", "how" => how).increment(1);
            }
            Event::Killed { reason, .. } => {
                counter!("selfup_children_killed_total", "reason" => reason.kind()).increment(1);
            }
            Event::Committed { .. }
            | Event::RolledBack { .. }
            | Event::Refused { .. }
            | Event::Shelved { .. } => {
                counter!("selfup_upgrades_total", "outcome" => event.kind()).increment(1);
            }
            Event::Warning(warning) => {
                counter!("selfup_warnings_total", "kind" => warning.kind()).increment(1);
            }
            _ => {}
        }
    }

    pub(super) fn look(&self, population: Population) {
        let Population { candidates, active, draining, killed, serving, on_probation } = population;
        gauge!("selfup_children", "role" => "candidate").set(candidates);
        gauge!("selfup_children", "role" => "active").set(active);
        gauge!("selfup_children", "role" => "draining").set(draining);
        gauge!("selfup_children", "role" => "killed").set(killed);
        // A number of 2^53 is not reached.
        gauge!("selfup_serving_generation").set(serving.unwrap_or_default() as f64);
        gauge!("selfup_on_probation").set(u32::from(on_probation));
    }
}

/// The source was asked: called by the thread that fetches, at each time.
pub(crate) fn fetched(has_failed: bool) {
    let outcome = if has_failed { "failed" } else { "done" };
    counter!("selfup_fetches_total", "outcome" => outcome).increment(1);
}
