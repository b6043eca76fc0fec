//! The states that a service manager distinguishes.

use crate::{
    generation::Generation,
    lifecycle::{Lifecycle, Phase},
};

/// The state of a service, as a service manager distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No child has served yet.
    Starting,
    /// A child serves, and nothing else is under way.
    Serving,
    /// The child with this number is about to take over, or has been requested.
    Restarting(Generation),
    /// No further child is started.
    Stopping,
}

impl Lifecycle {
    /// Returns the state that the service manager should see.
    ///
    /// Before any child has served, a restart is [`Restarting`](Condition::Restarting) too, although the
    /// manager should see a start: only the caller knows what it has reported.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let next = || Condition::Restarting(self.candidate().unwrap_or(self.next));
        match (self.phase, self.queued) {
            (Phase::Stopping { .. } | Phase::Ended, _) => Condition::Stopping,
            // It was requested while another restart is under way. The manager waits for this one.
            (Phase::Serving, Some(_)) => Condition::Restarting(self.next),
            (Phase::Serving, None) if self.active().is_none() => next(),
            (Phase::Serving, None) if self.has_successor() => next(),
            (Phase::Serving, None) => Condition::Serving,
        }
    }
}
