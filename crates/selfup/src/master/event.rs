//! What can happen to a master.

use std::time::Duration;

use selfup_signals::{End, Received, Signal};

use super::Generation;

/// What can happen to a master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// The sockets are bound; the first child may start.
    Start,
    /// The child could not be started at all. `passing`: the same may work a moment later.
    SpawnFailed { generation: Generation, passing: bool },
    /// The child said that it can serve.
    Ready(Generation),
    /// The child cannot run under this master, for no fault of its executable.
    Unsuitable(Generation, Unsuitable),
    /// The child has ended and was reaped.
    Exited(Generation, End),
    /// A signal reached the master.
    Signal(Arrived),
    /// The master's own process asked for a restart.
    Restart(Cause),
    /// This child asked for a restart.
    AskedToRestart(Generation),
    /// A new executable was verified, and can be tried.
    Installed,
    /// Somebody has refused the new executable by hand: it is not to be tried any further.
    RolledBack,
    /// Somebody else has put another executable at the path, which the restart that is asked for next
    /// tries like one that was installed.
    Replaced,
    /// Time has passed: some deadline may be due.
    Tick,
    /// The master was stopped by job control for so long, and runs again.
    Resumed(Duration),
    /// Nobody ran for so long, neither the master nor its children.
    Frozen(Duration),
}

/// A signal as the lifecycle sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Arrived {
    pub(crate) received: Received,
    /// The kernel gave it to the whole process group: a child in that group has it already.
    pub(crate) group_has_it: bool,
}

impl Arrived {
    pub(crate) fn signal(&self) -> Signal {
        self.received.signal
    }
}

/// Why a restart was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    Signal,
    Call,
    Upgrade,
}

/// Why a child cannot run under this master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unsuitable {
    /// It speaks another control protocol.
    Protocol,
    /// It needs a socket that this master does not have.
    Sockets,
}
