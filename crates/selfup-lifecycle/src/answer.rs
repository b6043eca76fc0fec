//! The answers to operators, and what is remembered until they are given.

use selfup_signals::End;

use crate::{
    asking::{Ticket, Until},
    generation::Generation,
    input::Unsuitable,
};

/// The answer to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request is taken up. It may have to wait for a restart that is under way.
    Accepted {
        /// Whether it waits.
        waits: bool,
    },
    /// This child serves now.
    Serving {
        /// The child.
        generation: Generation,
        /// Whether its executable is on probation.
        on_probation: bool,
    },
    /// The new executable has survived its probation.
    Committed,
    /// The restart has failed.
    Failed {
        /// The reason.
        failure: Failure,
        /// The child that serves instead; `None` if the master stops.
        serving: Option<Generation>,
    },
    /// The executable is in place, and the configuration allows no restart: it waits for the next start of
    /// the service.
    WaitsForAStart,
    /// The configuration allows no restart.
    NoRestarts,
    /// The master stops, so nothing is started any more.
    Stopping,
    /// The master has stopped, and ends in this way.
    Stopped(End),
}

/// Why a restart has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The candidate could not be started.
    NotStarted(Generation),
    /// The candidate ended before it was ready.
    Crashed(Generation, End),
    /// The candidate was not ready in time.
    Late(Generation),
    /// The candidate cannot run under this master.
    Unsuitable(Generation, Unsuitable),
    /// The child ended in the probation of its executable, which was rolled back.
    RolledBack(Generation, End),
    /// The new executable was rolled back by hand.
    RolledBackByHand,
}

/// An operator that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Waiting {
    pub(crate) ticket: Ticket,
    pub(crate) stage: Stage,
    pub(crate) until: Until,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// The restart has not begun.
    Queued,
    /// A child is about to take over.
    Starting,
    /// The child serves, and its executable is on probation.
    Probation,
    /// The restart has failed, and it is not known yet which child serves instead.
    Failed(Failure),
    /// The master stops, as was asked.
    Stopping,
}
