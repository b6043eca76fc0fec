//! The events that the master reports, to people and hooks.

use std::{fmt, time::Duration};

use selfup_fds::LocalAddress;
use selfup_install::Id;
use selfup_lifecycle::Cause;
use selfup_signals::{End, Pid, Signal};

use crate::{
    error::ErrorKind,
    reason::{KillReason, RefusalReason, RollbackReason, hint},
    warning::Warning,
    why::Reason,
};

/// An event that the master reports: to `Config::on_event` in a [`Report`](crate::Report), and on stderr after
/// `[selfup master]`.
///
/// It prints as one line for people. Children are named by their generation, which
/// `State::generation` returns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A socket was bound, or taken over from an earlier process.
    #[non_exhaustive]
    Listening {
        /// The name from the configuration.
        name: String,
        /// The address, with the real port.
        address: LocalAddress,
    },
    /// A child was started.
    #[non_exhaustive]
    Started {
        /// Which child.
        generation: u64,
        /// Its process.
        pid: Pid,
    },
    /// A child could not be started.
    #[non_exhaustive]
    SpawnFailed {
        /// Which child.
        generation: u64,
        /// Whether another attempt may succeed: memory, processes or descriptors were short.
        transient: bool,
        /// The reason.
        reason: Reason,
    },
    /// A child is ready and serves from now on.
    #[non_exhaustive]
    Serving {
        /// Which child.
        generation: u64,
        /// The version that its program declares, if it does.
        version: Option<String>,
    },
    /// The first child is late, and is assumed to be ready because no other child serves.
    #[non_exhaustive]
    AssumedReady {
        /// Which child.
        generation: u64,
        /// What it waits for, in one line, if it has reported that: a socket on which the program does
        /// not accept yet, for example.
        lacks: Option<String>,
    },
    /// A new child failed before it was ready.
    #[non_exhaustive]
    CandidateFailed {
        /// Which child.
        generation: u64,
        /// How it ended; `None` if it could not be started, or had to be killed.
        end: Option<End>,
        /// Whether an older child continues to serve.
        still_serving: bool,
    },
    /// A child drains.
    #[non_exhaustive]
    Draining {
        /// Which child.
        generation: u64,
    },
    /// The master killed a child with SIGKILL.
    #[non_exhaustive]
    Killed {
        /// Which child.
        generation: u64,
        /// The reason.
        reason: KillReason,
    },
    /// A child has ended.
    #[non_exhaustive]
    Ended {
        /// Which child.
        generation: u64,
        /// How it ended.
        end: End,
    },
    /// A child has ended, and processes that it started still run.
    ///
    /// Those that it has forked, and that have not executed another program, hold its sockets: they
    /// accept connections beside its successor, and keep the port when the service has ended.
    #[non_exhaustive]
    LeftRunning {
        /// Which child.
        generation: u64,
        /// The processes, as far as the master may see them.
        pids: Vec<Pid>,
        /// Whether the master killed them, because `Config::kill_group` is set.
        killed: bool,
    },
    /// A signal was forwarded to a child.
    #[non_exhaustive]
    Forwarded {
        /// Which child.
        generation: u64,
        /// Which signal.
        signal: Signal,
    },
    /// A signal waits until a child is ready.
    #[non_exhaustive]
    SignalWaits {
        /// Which signal.
        signal: Signal,
    },
    /// A restart begins.
    #[non_exhaustive]
    Restarting {
        /// Why it was requested.
        cause: Cause,
    },
    /// A restart waits for the one under way, or until fewer children drain.
    #[non_exhaustive]
    RestartWaits {
        /// Why it was requested.
        cause: Cause,
    },
    /// A restart was requested while the master is stopping.
    #[non_exhaustive]
    RestartIgnored {
        /// Why it was requested.
        cause: Cause,
    },
    /// A draining child requested a restart. Its successor serves already.
    #[non_exhaustive]
    RestartOutdated {
        /// Which child requested it.
        generation: u64,
    },
    /// Neither the master nor its children ran for a while: the cgroup was frozen, the virtual machine
    /// paused, or every process stopped. Deadlines move by that time.
    #[non_exhaustive]
    Frozen {
        /// For how long, about.
        time: Duration,
    },
    /// No further child is started. The master ends with the last one.
    #[non_exhaustive]
    Stopping,
    /// A child reported its status.
    #[non_exhaustive]
    Status {
        /// Which child.
        generation: u64,
        /// The status.
        text: String,
    },
    /// An update check failed. It is repeated later.
    #[non_exhaustive]
    FetchFailed {
        /// What is in the way: [`Fetch`](ErrorKind::Fetch) for the source, or what an
        /// update would fail with, such as [`NoSpace`](ErrorKind::NoSpace).
        kind: ErrorKind,
        /// The reason.
        reason: Reason,
    },
    /// Update checks work again.
    FetchRecovered,
    /// No further update check is made, because the configuration of the fetcher cannot work, or because
    /// the fetcher has panicked several times in a row.
    #[non_exhaustive]
    FetchDisabled {
        /// [`Configuration`](ErrorKind::Configuration), or [`Fetch`](ErrorKind::Fetch) after panics.
        kind: ErrorKind,
        /// The reason.
        reason: Reason,
    },
    /// The fetched executable is the one that runs already.
    #[non_exhaustive]
    UpToDate {
        /// The SHA-1 of the executable.
        id: Id,
    },
    /// The fetched executable was refused.
    #[non_exhaustive]
    Refused {
        /// The SHA-1 of the executable, if all of it was read.
        id: Option<Id>,
        /// The reason.
        reason: RefusalReason,
    },
    /// A new executable can be tried.
    #[non_exhaustive]
    Installed {
        /// The SHA-1 of the executable.
        id: Id,
    },
    /// Another executable serves than before: a child of an upgrade has taken over, or a child of an
    /// executable that was put at the path by hand.
    #[non_exhaustive]
    Upgraded {
        /// Which child.
        generation: u64,
        /// The SHA-1 of the executable.
        id: Id,
        /// Its version, if it declares one.
        version: Option<String>,
        /// The version of the executable that served before.
        before: Option<String>,
    },
    /// The new executable was committed.
    #[non_exhaustive]
    Committed {
        /// The SHA-1 of the executable.
        id: Id,
        /// Its version, if it declares one.
        version: Option<String>,
    },
    /// The new executable could not be tried here, for no fault of its own: its child could not be started, or
    /// cannot run under this master. The proven one goes on.
    #[non_exhaustive]
    Shelved {
        /// The SHA-1 of the executable.
        id: Id,
    },
    /// The new executable was rolled back, by the master or by hand, and is refused from now on.
    #[non_exhaustive]
    RolledBack {
        /// The SHA-1 of the refused executable.
        refused: Id,
        /// Its version, if a child has declared it.
        version: Option<String>,
        /// The reason.
        reason: RollbackReason,
    },
    /// Something went wrong that does not stop the service, or may surprise later, such as another hard
    /// link to the executable.
    Warning(Warning),
}

impl Event {
    /// Returns whether this event may need attention. The others are for information.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        match self {
            Self::SpawnFailed { .. }
            | Self::AssumedReady { .. }
            | Self::CandidateFailed { .. }
            | Self::Killed { .. }
            | Self::LeftRunning { .. }
            | Self::FetchFailed { .. }
            | Self::FetchDisabled { .. }
            | Self::Refused { .. }
            | Self::RolledBack { .. }
            | Self::Warning(_) => true,
            Self::Listening { .. }
            | Self::Started { .. }
            | Self::Serving { .. }
            | Self::Draining { .. }
            | Self::Ended { .. }
            | Self::Forwarded { .. }
            | Self::SignalWaits { .. }
            | Self::Restarting { .. }
            | Self::RestartWaits { .. }
            | Self::RestartIgnored { .. }
            | Self::RestartOutdated { .. }
            | Self::Frozen { .. }
            | Self::Stopping
            | Self::Status { .. }
            | Self::FetchRecovered
            | Self::UpToDate { .. }
            | Self::Installed { .. }
            | Self::Upgraded { .. }
            | Self::Committed { .. }
            | Self::Shelved { .. } => false,
        }
    }
}

impl Event {
    /// Whether it is printed by default although nothing is wrong, so that the log shows when the program
    /// was upgraded.
    pub(crate) fn is_milestone(&self) -> bool {
        matches!(self, Self::Upgraded { .. } | Self::Committed { .. })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { name, address } => write!(f, "listening on {address} ({name})"),
            Self::Started { generation, pid } => {
                write!(f, "started child #{generation} (pid {pid})")
            }
            Self::SpawnFailed { generation, reason, transient: _ } => {
                write!(f, "could not start child #{generation}: {reason}")
            }
            Self::Serving { generation, version: None } => write!(f, "child #{generation} serves"),
            Self::Serving { generation, version: Some(version) } => {
                write!(f, "child #{generation} serves, version {version}")
            }
            Self::AssumedReady { generation, lacks } => {
                write!(
                    f,
                    "child #{generation} did not report that it is ready; it is assumed to be, because \
                     no other child serves"
                )?;
                lacks.as_ref().map_or(Ok(()), |lacks| write!(f, ": {lacks}"))
            }
            Self::CandidateFailed { generation, end, still_serving } => {
                match end {
                    Some(end) => {
                        let hint = hint(*end);
                        write!(f, "child #{generation} {end} before it was ready{hint}")?;
                    }
                    None => write!(f, "could not hand over to child #{generation}")?,
                }
                f.write_str(if *still_serving {
                    "; the one that serves goes on serving"
                } else {
                    ", and no other serves"
                })
            }
            Self::Draining { generation } => write!(f, "draining child #{generation}"),
            Self::Killed { generation, reason } => {
                write!(f, "killed child #{generation}: {reason}")
            }
            Self::Ended { generation, end } => write!(f, "child #{generation} {end}"),
            Self::LeftRunning { generation, pids, killed } => {
                write!(f, "child #{generation} has ended and left processes running")?;
                for (index, pid) in pids.iter().enumerate() {
                    write!(f, "{}{pid}", if index == 0 { ": " } else { ", " })?;
                }
                f.write_str(if *killed {
                    "; killed them"
                } else {
                    "; they hold its sockets, so end them (or see Config::kill_group)"
                })
            }
            Self::Forwarded { generation, signal } => {
                write!(f, "forwarded {signal} to child #{generation}")
            }
            Self::SignalWaits { signal } => write!(f, "{signal} is held until a child is ready"),
            Self::Restarting { cause } => write!(f, "restarting ({cause})"),
            Self::RestartWaits { cause } => write!(f, "restart queued ({cause})"),
            Self::RestartOutdated { generation } => {
                write!(
                    f,
                    "ignored a restart request of child #{generation}: it has been replaced already"
                )
            }
            Self::RestartIgnored { cause } => {
                write!(f, "ignored a restart ({cause}): the master is stopping")
            }
            Self::Frozen { time } => {
                let seconds = time.as_secs_f64();
                write!(f, "nothing ran for {seconds:.1} s; deadlines move by that")
            }
            Self::Stopping => f.write_str("stopping"),
            Self::Status { generation, text } => write!(f, "child #{generation} reports: {text}"),
            Self::FetchFailed { kind: _, reason } => write!(f, "no upgrade for now: {reason}"),
            Self::FetchRecovered => f.write_str("update checks work again"),
            Self::FetchDisabled { kind: _, reason } => {
                write!(f, "upgrades are disabled: {reason}")
            }
            Self::UpToDate { id } => write!(f, "up to date ({id})"),
            Self::Refused { id: _, reason } => write!(f, "refused a new executable: {reason}"),
            Self::Installed { id } => write!(f, "installed {id}"),
            Self::Upgraded { generation, id, version, before } => {
                f.write_str("upgraded")?;
                if let Some(version) = version {
                    write!(f, " to version {version}")?;
                }
                if let Some(before) = before {
                    write!(f, " from {before}")?;
                }
                write!(f, ": child #{generation} runs {id}")
            }
            Self::Committed { id, version: None } => write!(f, "committed {id}"),
            Self::Committed { id, version: Some(version) } => {
                write!(f, "committed {id}, version {version}")
            }
            Self::Shelved { id } => write!(f, "shelved {id}"),
            Self::RolledBack { refused, version, reason } => {
                write!(f, "rolled back to the previous executable; {refused}")?;
                if let Some(version) = version {
                    write!(f, ", version {version},")?;
                }
                write!(f, " is refused from now on: {reason}")
            }
            Self::Warning(warning) => warning.fmt(f),
        }
    }
}
