//! What the master does by the way, and what may not work without stopping the service.

use std::fmt;

use selfup_signals::Signal;

/// Something that the master does by the way, which may not work without stopping the service. It prints as the
/// start of a sentence: *could not …*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// To forward a signal to a child.
    #[non_exhaustive]
    Forward {
        /// Which child.
        generation: u64,
        /// Which signal.
        signal: Signal,
    },
    /// To send a signal of the master's own to a child.
    #[non_exhaustive]
    Send {
        /// Which child.
        generation: u64,
        /// Which signal.
        signal: Signal,
    },
    /// To have a child drain. This is tried again.
    #[non_exhaustive]
    Drain {
        /// Which child.
        generation: u64,
    },
    /// To have a draining child end at once.
    #[non_exhaustive]
    Hasten {
        /// Which child.
        generation: u64,
    },
    /// To stop together with the children, as job control asked.
    Stop,
    /// To reap orphans.
    ReapOrphans,
    /// To look before a restart at what is at the path.
    LookAtPath,
    /// To keep the executable that runs, before another one is tried that was put at the path.
    KeepPrevious,
    /// To identify the executable of the child that serves.
    Identify,
    /// To start the thread that fetches.
    StartFetching,
    /// To take up what an earlier master left undecided.
    Recover,
    /// To execute the previous executable after a rollback at the start.
    ExecutePrevious,
    /// To put a committed executable at the path. This is tried again at the next restart.
    PutInPlace,
    /// To roll back to the previous executable.
    RollBack,
    /// To go back to the proven executable after the new one could not be tried.
    GoBack,
    /// To put the previous executable back, after the one that was committed has kept ending.
    FallBack,
    /// To note that an upgrade is not to blame for the end of the master.
    Excuse,
    /// To bind a Unix socket anew whose file had been removed.
    #[non_exhaustive]
    Rebind {
        /// The name of the socket.
        name: String,
    },
    /// To remove the files of the sockets at the end.
    CleanUp,
    /// To remove the pid file at the end.
    RemovePidFile,
    /// To reach the service manager at the start.
    ReachManager,
    /// To use the descriptor on which the service manager waits for a newline.
    UseDescriptor,
    /// To report to the service manager.
    ReportToManager,
}

impl Attempt {
    /// Returns the name of this attempt, which does not change: `put-in-place`, for example.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Forward { .. } => "forward",
            Self::Send { .. } => "send",
            Self::Drain { .. } => "drain",
            Self::Hasten { .. } => "hasten",
            Self::Stop => "stop",
            Self::ReapOrphans => "reap-orphans",
            Self::LookAtPath => "look-at-path",
            Self::KeepPrevious => "keep-previous",
            Self::Identify => "identify",
            Self::StartFetching => "start-fetching",
            Self::Recover => "recover",
            Self::ExecutePrevious => "execute-previous",
            Self::PutInPlace => "put-in-place",
            Self::RollBack => "roll-back",
            Self::GoBack => "go-back",
            Self::FallBack => "fall-back",
            Self::Excuse => "excuse",
            Self::Rebind { .. } => "rebind",
            Self::CleanUp => "clean-up",
            Self::RemovePidFile => "remove-pid-file",
            Self::ReachManager => "reach-manager",
            Self::UseDescriptor => "use-descriptor",
            Self::ReportToManager => "report-to-manager",
        }
    }

    /// The child that it is about.
    pub(crate) fn generation(&self) -> Option<u64> {
        match self {
            Self::Forward { generation, .. }
            | Self::Send { generation, .. }
            | Self::Drain { generation }
            | Self::Hasten { generation } => Some(*generation),
            _ => None,
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forward { generation, .. } => {
                return write!(f, "could not pass a signal on to child #{generation}");
            }
            Self::Send { generation, signal } => {
                return write!(f, "could not send {signal} to child #{generation}");
            }
            Self::Drain { generation } => {
                return write!(f, "could not have child #{generation} drain yet");
            }
            Self::Hasten { generation } => {
                return write!(f, "could not have child #{generation} end at once");
            }
            Self::Rebind { name } => return write!(f, "could not bind the socket {name:?} anew"),
            Self::Stop => "could not stop",
            Self::ReapOrphans => "could not reap orphans, which stay as zombies",
            Self::LookAtPath => "could not look at what is to be started",
            Self::KeepPrevious => {
                "could not keep the executable that runs, so there is no way back to it"
            }
            Self::Identify => "could not look at the executable of the child that serves",
            Self::StartFetching => "could not start the thread that fetches",
            Self::Recover => "could not look after an earlier upgrade",
            Self::ExecutePrevious => "could not change to it; the children run it",
            Self::PutInPlace => {
                "could not put the new executable at its path, which is tried again at the next restart"
            }
            Self::RollBack => "could not roll back to the previous executable",
            Self::GoBack => "could not go back to the proven executable",
            Self::FallBack => "could not fall back to the previous executable",
            Self::Excuse => "could not note that an upgrade is not to blame",
            Self::CleanUp => "could not clean up",
            Self::RemovePidFile => "could not remove the pid file",
            Self::ReachManager => "could not reach the service manager",
            Self::UseDescriptor => "could not use the notification descriptor",
            Self::ReportToManager => "could not report to the service manager",
        })
    }
}
