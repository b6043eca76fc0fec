//! The inputs of the state machine: what can happen to a master.

use std::{fmt, time::Duration};

use selfup_signals::{End, Received, Signal};

use crate::{
    asking::{Ask, Ticket},
    generation::Generation,
};

/// Something that happens to a master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The sockets are bound; the first child may start.
    Start,
    /// A child could not be started.
    SpawnFailed {
        /// The child.
        generation: Generation,
        /// Whether another attempt may succeed: memory, processes or descriptors were short.
        transient: bool,
    },
    /// The child reported that it can serve.
    Ready(Generation),
    /// The child cannot run under this master, for no fault of its executable.
    Unsuitable(Generation, Unsuitable),
    /// The child has ended and was reaped.
    Exited(Generation, End),
    /// A signal reached the master.
    Signal(Arrived),
    /// The master's own process requested a restart.
    Restart(Cause),
    /// This child requested a restart.
    AskedToRestart(Generation),
    /// An operator asked for something.
    Asked(Ticket, Ask),
    /// The operator does not wait for the answer any more.
    Forgotten(Ticket),
    /// A new executable has been verified, and can be tried.
    Installed,
    /// The new executable was rolled back by hand: it is not tried any further.
    RolledBack,
    /// Another process has put another executable at the path. The next restart tries it like one that
    /// was installed.
    Replaced,
    /// Time has passed, so that a deadline may be due.
    Tick,
    /// Job control had stopped the master for this long. It runs again.
    Resumed(Duration),
    /// Neither the master nor its children ran for this long.
    Frozen(Duration),
}

/// A signal as the lifecycle sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arrived {
    /// The signal, with its sender.
    pub received: Received,
    /// Whether the kernel sent it to the whole process group. A child in that group has it already.
    pub group_has_it: bool,
}

impl Arrived {
    /// Returns the signal.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.received.signal
    }
}

/// Why a restart was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The restart signal reached the master.
    Signal,
    /// The program requested it.
    Call,
    /// A new executable was installed.
    Upgrade,
    /// An operator asked for it, over the control socket.
    Control,
}

impl Cause {
    /// Returns the name of this cause, which does not change: `signal`, for example.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Call => "call",
            Self::Upgrade => "upgrade",
            Self::Control => "control",
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Cause {
    /// The name.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.kind())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signal => "by signal",
            Self::Call => "by request",
            Self::Upgrade => "upgrade",
            Self::Control => "by an operator",
        })
    }
}

/// Why a child cannot run under this master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsuitable {
    /// It speaks another version of the control protocol.
    Protocol,
    /// It needs a socket that this master does not have.
    Sockets,
}
