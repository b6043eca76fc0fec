use std::time::Duration;

use selfup_signals::{End, Received, Signal};

use super::Generation;

/// What can happen to a master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The sockets are bound; the first child may start.
    Start,
    /// The child could not be started at all.
    SpawnFailed(Generation),
    /// The child said that it can serve.
    Ready(Generation),
    /// The child speaks a control protocol that this master does not.
    Incompatible(Generation),
    /// The child has ended and was reaped.
    Exited(Generation, End),
    /// A signal reached the master.
    Signal(Arrived),
    /// The program, or the master's own process, asked for a restart.
    Restart(Cause),
    /// A new executable is in place, and can still be taken back.
    Installed,
    /// Time has passed: some deadline may be due.
    Tick,
    /// The master was stopped by job control for so long, and runs again.
    Resumed(Duration),
}

/// A signal as the lifecycle sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Signal,
    Call,
    Upgrade,
}
