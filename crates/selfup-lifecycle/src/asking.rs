//! What operators ask for.

/// Identifies one request of an operator, so that the answer finds its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What an operator asks the lifecycle for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// To restart.
    Restart(Until),
    /// To restart with the executable that was just installed, or rolled back to.
    Upgrade(Until),
    /// To drain every child and to end.
    Stop(Until),
}

/// When the answer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// At once: the request is taken up, or turned down.
    Accepted,
    /// When it is decided whether the new child serves, or the service has stopped.
    Done,
    /// When the new executable is committed or rolled back, if the restart tries one.
    Committed,
}
