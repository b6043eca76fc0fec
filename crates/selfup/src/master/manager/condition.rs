use crate::master::{Generation, Lifecycle, lifecycle::Phase};

/// What a service manager distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nobody has served yet.
    Starting,
    /// A child serves, and nothing else is under way.
    Serving,
    /// The child of that number is to take over, or was asked for.
    Restarting(Generation),
    /// No child will be started any more.
    Stopping,
}

impl Condition {
    /// The first child has no number of its own here: until it serves, the service starts.
    pub(super) fn of(life: &Lifecycle) -> Self {
        let next = || Self::Restarting(life.candidate().unwrap_or(life.next));
        match (life.phase, life.queued) {
            (Phase::Stopping { .. } | Phase::Ended, _) => Self::Stopping,
            // Asked for while another is under way: what is waited for is this one.
            (Phase::Serving, Some(_)) => Self::Restarting(life.next),
            (Phase::Serving, None) if life.active().is_none() => next(),
            (Phase::Serving, None) if life.has_successor() => next(),
            (Phase::Serving, None) => Self::Serving,
        }
    }
}
