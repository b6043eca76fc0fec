//! Shows the events to `tracing` and `metrics`: with restarts and upgrades as what they are, from start to outcome.

mod course;
#[cfg(feature = "metrics")]
mod descriptions;
#[cfg(feature = "metrics")]
pub(crate) mod meters;
#[cfg(feature = "tracing")]
mod spans;

use std::time::Instant;

use selfup_install::Id;

use crate::event::Event;
use course::Course;

/// How many children there are in each role, and what serves.
#[cfg(feature = "metrics")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Population {
    pub(crate) candidates: u32,
    pub(crate) active: u32,
    pub(crate) draining: u32,
    pub(crate) killed: u32,
    /// The generation that serves.
    pub(crate) serving: Option<u64>,
    pub(crate) on_probation: bool,
}

/// Shows what happens. Its calls go to code of the program: a subscriber, a recorder.
#[derive(Debug)]
pub(crate) struct Observer {
    course: Course,
    #[cfg(feature = "tracing")]
    spans: spans::Spans,
    #[cfg(feature = "metrics")]
    meters: meters::Meters,
}

impl Observer {
    pub(crate) fn new() -> Self {
        Self {
            course: Course::default(),
            #[cfg(feature = "tracing")]
            spans: spans::Spans::default(),
            #[cfg(feature = "metrics")]
            meters: meters::Meters::new(),
        }
    }

    pub(crate) fn note(&mut self, event: &Event) {
        let turns = self.course.follow(event, Instant::now());
        #[cfg(feature = "tracing")]
        self.spans.note(event, &turns);
        #[cfg(feature = "metrics")]
        self.meters.note(event, &turns);
    }

    /// An executable is on trial that no event has announced: it was found.
    pub(crate) fn trial_begins(&mut self, id: Id) {
        let turns = self.course.trial_begins(id);
        #[cfg(feature = "tracing")]
        self.spans.turn(&turns);
        #[cfg(not(feature = "tracing"))]
        let _unseen = turns;
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn look(&self, population: Population) {
        self.meters.look(population);
    }
}
