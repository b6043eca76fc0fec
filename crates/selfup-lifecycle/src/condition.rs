//! What a service manager distinguishes of the life of a master.

use crate::{
    generation::Generation,
    lifecycle::{Lifecycle, Phase},
};

/// What a service manager distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nobody has served yet.
    Starting,
    /// A child serves, and nothing else is under way.
    Serving,
    /// The child of that number is to take over, or was asked for.
    Restarting(Generation),
    /// No child will be started any more.
    Stopping,
}

impl Lifecycle {
    /// What a service manager is to be told. A restart it is until the child has served: before that,
    /// the first child starts, which the manager knows.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let next = || Condition::Restarting(self.candidate().unwrap_or(self.next));
        match (self.phase, self.queued) {
            (Phase::Stopping { .. } | Phase::Ended, _) => Condition::Stopping,
            // Asked for while another is under way: what is waited for is this one.
            (Phase::Serving, Some(_)) => Condition::Restarting(self.next),
            (Phase::Serving, None) if self.active().is_none() => next(),
            (Phase::Serving, None) if self.has_successor() => next(),
            (Phase::Serving, None) => Condition::Serving,
        }
    }
}
