//! What can happen to a master.

use std::{fmt, time::Duration};

use selfup_signals::{End, Received, Signal};

use crate::generation::Generation;

/// What can happen to a master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The sockets are bound; the first child may start.
    Start,
    /// A child could not be started at all.
    SpawnFailed {
        /// Which child.
        generation: Generation,
        /// The same may work a moment later: memory, processes or descriptors were short.
        passing: bool,
    },
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
pub struct Arrived {
    /// The signal, with its sender.
    pub received: Received,
    /// The kernel gave it to the whole process group: a child in that group has it already.
    pub group_has_it: bool,
}

impl Arrived {
    /// Which signal.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.received.signal
    }
}

/// Why a restart was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The restart signal reached the master.
    Signal,
    /// The program asked for it.
    Call,
    /// A new executable was installed.
    Upgrade,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signal => "by signal",
            Self::Call => "by request",
            Self::Upgrade => "upgrade",
        })
    }
}

/// Why a child cannot run under this master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsuitable {
    /// It speaks another control protocol.
    Protocol,
    /// It needs a socket that this master does not have.
    Sockets,
}
