//! What goes wrong without stopping the service, or may surprise later.

use std::{fmt, time::Duration};

use selfup_install::{Id, Warning as Surprise};
use selfup_signals::End;

use crate::{attempt::Attempt, reason::RollbackReason, why::Reason};

/// What goes wrong without stopping the service, or may surprise later. It prints as one line, and the guide
/// says what to do about each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Something that the master does by the way did not work.
    #[non_exhaustive]
    CouldNot {
        /// What it was.
        attempt: Attempt,
        /// Why.
        reason: Reason,
    },
    /// Some messages of a child could not be read.
    #[non_exhaustive]
    UnreadableMessages {
        /// Which child.
        generation: u64,
        /// How many.
        count: usize,
    },
    /// A child speaks another version of the control protocol, and cannot run under this master.
    #[non_exhaustive]
    OtherProtocol {
        /// Which child.
        generation: u64,
        /// The version that it speaks.
        version: u16,
    },
    /// A child needs sockets that this master does not have, and cannot run under it.
    #[non_exhaustive]
    MissingSockets {
        /// Which child.
        generation: u64,
        /// Their names.
        names: String,
    },
    /// A child lives on with its control channel closed.
    #[non_exhaustive]
    ChannelClosed {
        /// Which child.
        generation: u64,
    },
    /// A child had closed its control channel for a while when it ended.
    #[non_exhaustive]
    ChannelClosedEarly {
        /// Which child.
        generation: u64,
        /// For how long.
        before: Duration,
    },
    /// A child got SIGTERM instead of the request to drain, because its control channel is closed.
    #[non_exhaustive]
    CannotHear {
        /// Which child.
        generation: u64,
    },
    /// Other code in the master's process waited for a child, so that its end is unknown. It counts as a
    /// failure.
    #[non_exhaustive]
    UnknownEnd {
        /// Which child.
        generation: u64,
    },
    /// The active child ended while its successor was starting.
    #[non_exhaustive]
    ActiveLost {
        /// Which child.
        generation: u64,
        /// How it ended.
        end: End,
    },
    /// The child of an upgrade ended in its probation.
    #[non_exhaustive]
    ProbationFailed {
        /// Which child.
        generation: u64,
        /// How it ended.
        end: End,
    },
    /// A child ended soon after it took over, and another is started in its place.
    #[non_exhaustive]
    Revived {
        /// Which child.
        generation: u64,
        /// How it ended.
        end: End,
    },
    /// A child ended, and another is started in its place after a pause, as `Config::on_exit` has it.
    #[non_exhaustive]
    Respawned {
        /// Which child.
        generation: u64,
        /// How it ended.
        end: End,
        /// How long the pause is.
        pause: Duration,
    },
    /// The program that serves trusts other keys than the one before it. Releases are verified with its keys
    /// from now on.
    OtherKeys,
    /// The program that serves trusts no key. The master goes on with the keys that it has.
    NoKeys,
    /// The new executable is committed, and something else about it did not work.
    #[non_exhaustive]
    CommittedBut {
        /// What.
        reason: Reason,
    },
    /// The new executable runs, and is not committed: another process has put another one at the path, or has
    /// refused this one.
    #[non_exhaustive]
    NotCommitted {
        /// Why.
        reason: Reason,
    },
    /// An executable has failed here, and stays at the path, where another process has put it.
    #[non_exhaustive]
    StaysAtPath {
        /// The SHA-1 of the executable.
        id: Id,
        /// How it has failed.
        reason: RollbackReason,
    },
    /// The new executable may surprise an operator later, by another hard link to the one before for example.
    #[non_exhaustive]
    Surprise {
        /// The surprise, in one line.
        text: String,
    },
    /// A file beside the executable is ignored, because another user could have written it.
    #[non_exhaustive]
    Doubted {
        /// The file, and why, in one line.
        text: String,
    },
    /// The source of upgrades works, but not as safely or as well as it could.
    #[non_exhaustive]
    Source {
        /// Why, in one line.
        text: String,
    },
    /// The file of a Unix socket had been removed, and the socket is bound anew.
    #[non_exhaustive]
    Rebound {
        /// The name of the socket.
        name: String,
    },
    /// An inherited socket belongs to no address of the configuration, and is closed.
    #[non_exhaustive]
    UnusedSocket {
        /// The name of the socket.
        name: String,
    },
    /// The pid file could not be written. This is tried again at the next restart.
    #[non_exhaustive]
    PidFile {
        /// Why.
        reason: Reason,
    },
    /// The control socket could not be opened. The service runs without it.
    #[non_exhaustive]
    NoControlSocket {
        /// Why.
        reason: Reason,
    },
    /// `selfup::run` was called inside of an async runtime.
    InsideRuntime,
    /// No master could be started: the program runs by itself.
    #[non_exhaustive]
    RunsAlone {
        /// Why.
        reason: Reason,
    },
    /// The program runs by itself, and something about that did not work.
    #[non_exhaustive]
    Alone {
        /// What, in one line.
        text: String,
    },
    /// The hook for events has panicked, and is not called any more.
    HookPanicked,
    /// The subscriber of `tracing` or the recorder of `metrics` has panicked, and neither is called any more.
    ObserverPanicked,
}

impl Warning {
    pub(crate) fn could_not(attempt: Attempt, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::CouldNot { attempt, reason: Reason::of(error) }
    }

    /// No master could be started, for this reason.
    #[doc(hidden)]
    #[must_use]
    pub fn runs_alone(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::RunsAlone { reason: Reason::of(error) }
    }

    /// The pid file could not be written.
    #[doc(hidden)]
    #[must_use]
    pub fn pid_file(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::PidFile { reason: Reason::of(error) }
    }

    /// The pid file could not be removed.
    #[doc(hidden)]
    #[must_use]
    pub fn pid_file_stays(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::could_not(Attempt::RemovePidFile, error)
    }

    /// The program runs by itself, and this did not work.
    #[doc(hidden)]
    #[must_use]
    pub fn alone(text: String) -> Self {
        Self::Alone { text }
    }

    /// Returns the name of this warning, which does not change: `channel-closed`, for example; for something
    /// that did not work, that of the attempt.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CouldNot { attempt, .. } => attempt.kind(),
            Self::UnreadableMessages { .. } => "unreadable-messages",
            Self::OtherProtocol { .. } => "other-protocol",
            Self::MissingSockets { .. } => "missing-sockets",
            Self::ChannelClosed { .. } => "channel-closed",
            Self::ChannelClosedEarly { .. } => "channel-closed-early",
            Self::CannotHear { .. } => "cannot-hear",
            Self::UnknownEnd { .. } => "unknown-end",
            Self::ActiveLost { .. } => "active-lost",
            Self::ProbationFailed { .. } => "probation-failed",
            Self::Revived { .. } => "revived",
            Self::Respawned { .. } => "respawned",
            Self::OtherKeys => "other-keys",
            Self::NoKeys => "no-keys",
            Self::CommittedBut { .. } => "committed-but",
            Self::NotCommitted { .. } => "not-committed",
            Self::StaysAtPath { .. } => "stays-at-path",
            Self::Surprise { .. } => "surprise",
            Self::Doubted { .. } => "doubted",
            Self::Source { .. } => "source",
            Self::Rebound { .. } => "rebound",
            Self::UnusedSocket { .. } => "unused-socket",
            Self::PidFile { .. } => "pid-file",
            Self::NoControlSocket { .. } => "no-control-socket",
            Self::InsideRuntime => "inside-runtime",
            Self::RunsAlone { .. } => "runs-alone",
            Self::Alone { .. } => "alone",
            Self::HookPanicked => "hook-panicked",
            Self::ObserverPanicked => "observer-panicked",
        }
    }

    /// The child that it is about.
    pub(crate) fn generation(&self) -> Option<u64> {
        match self {
            Self::CouldNot { attempt, .. } => attempt.generation(),
            Self::UnreadableMessages { generation, .. }
            | Self::OtherProtocol { generation, .. }
            | Self::MissingSockets { generation, .. }
            | Self::ChannelClosed { generation }
            | Self::ChannelClosedEarly { generation, .. }
            | Self::CannotHear { generation }
            | Self::UnknownEnd { generation }
            | Self::ActiveLost { generation, .. }
            | Self::ProbationFailed { generation, .. }
            | Self::Revived { generation, .. }
            | Self::Respawned { generation, .. } => Some(*generation),
            _ => None,
        }
    }
}

impl From<&Surprise> for Warning {
    fn from(surprise: &Surprise) -> Self {
        Self::Surprise { text: surprise.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CouldNot { attempt, reason } => write!(f, "{attempt}: {reason}"),
            Self::UnreadableMessages { generation, count } => {
                write!(f, "could not read {count} messages of child #{generation}")
            }
            Self::OtherProtocol { generation, version } => {
                let ours = selfup_channel::VERSION;
                write!(
                    f,
                    "child #{generation} speaks version {version} of the control protocol, this \
                     master version {ours}; restart the service to replace the master"
                )
            }
            Self::MissingSockets { generation, names } => write!(
                f,
                "child #{generation} listens on {names}, which this master does not have; stop \
                 and start the service to have it bound"
            ),
            Self::ChannelClosed { generation } => write!(
                f,
                "child #{generation} has closed its control channel; it gets SIGTERM when it is to drain"
            ),
            Self::ChannelClosedEarly { generation, before } => write!(
                f,
                "child #{generation} closed its control channel {:.1} s before it ended: something in it \
                 closes descriptors that are not its own (closefrom, close_range)",
                before.as_secs_f64()
            ),
            Self::CannotHear { generation } => write!(
                f,
                "child #{generation} cannot hear that it is to drain, since its control channel is \
                 closed (has it executed another program?); sent it SIGTERM"
            ),
            Self::UnknownEnd { generation } => write!(
                f,
                "could not learn how child #{generation} ended, since other code in this \
                 process waited for it; it counts as a failure"
            ),
            Self::ActiveLost { generation, end } => write!(
                f,
                "child #{generation} {end} while its successor was starting; waiting for that one"
            ),
            Self::ProbationFailed { generation, end } => {
                write!(f, "child #{generation} {end} soon after the upgrade")
            }
            Self::Revived { generation, end } => write!(
                f,
                "child #{generation} {end} soon after it took over; starting another in its place"
            ),
            Self::Respawned { generation, end, pause } => write!(
                f,
                "child #{generation} {end}; starting another in its place in {} s",
                pause.as_secs_f64()
            ),
            Self::OtherKeys => f.write_str(
                "the program that serves trusts other keys than the one before it: releases are \
                 verified with its keys from now on",
            ),
            Self::NoKeys => f.write_str(
                "the program that serves trusts no key: this master goes on with the keys that it \
                 has, until the service is stopped and started",
            ),
            Self::CommittedBut { reason } => {
                write!(f, "the new executable is committed, but: {reason}")
            }
            Self::NotCommitted { reason } => {
                write!(f, "the new executable runs, and is not committed: {reason}")
            }
            Self::StaysAtPath { id, reason } => write!(
                f,
                "gave up {id} here: {reason}; it stays at the path, where another process has put it"
            ),
            Self::Surprise { text }
            | Self::Doubted { text }
            | Self::Source { text }
            | Self::Alone { text } => f.write_str(text),
            Self::Rebound { name } => {
                write!(f, "bound the socket {name:?} anew: its file had been removed")
            }
            Self::UnusedSocket { name } => write!(
                f,
                "closed the inherited socket {name:?}, since no address of the configuration is its"
            ),
            Self::PidFile { reason } | Self::NoControlSocket { reason } => reason.fmt(f),
            Self::InsideRuntime => f.write_str(
                "selfup::run was called inside of a tokio runtime, so the program cannot start its own; \
                 move #[tokio::main] from main to `async fn program(state: selfup::State)`",
            ),
            Self::RunsAlone { reason } => {
                write!(f, "{reason}; the program runs by itself, without restarts and upgrades")
            }
            Self::HookPanicked => {
                f.write_str("the hook for events panicked, and is not called any more")
            }
            Self::ObserverPanicked => f.write_str(
                "the subscriber of tracing or the recorder of metrics panicked, and neither is called \
                 any more",
            ),
        }
    }
}
