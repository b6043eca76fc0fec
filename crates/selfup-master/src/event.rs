//! What the master does, for people and hooks.

use std::{fmt, time::Duration};

use selfup_install::Id;
use selfup_lifecycle::Cause;
use selfup_signals::{End, Pid, Signal};

use crate::reason::{KillReason, RollbackReason, hint};

/// What the master does, as it does it: for `Config::on_event`, and
/// what it prints on stderr as `[selfup master] …`.
///
/// Its `Display` is one line for people. Numbers of children are those of
/// `State::generation`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A socket was bound or adopted; the address has the real port.
    #[non_exhaustive]
    Listening {
        /// The name from the configuration.
        name: String,
        /// Where, with the real port.
        address: String,
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
        /// Why, in one line.
        reason: String,
    },
    /// A child is ready and serves from now on.
    #[non_exhaustive]
    Serving {
        /// Which child.
        generation: u64,
        /// The version of its program, if its configuration says.
        version: Option<String>,
    },
    /// The first child is late with its readiness, and counts as ready.
    #[non_exhaustive]
    AssumedReady {
        /// Which child.
        generation: u64,
        /// What it waits for, in one line, if it has said: which socket nobody accepts from, say.
        lacks: Option<String>,
    },
    /// A new child failed before it was ready. If an older one serves, it goes on.
    #[non_exhaustive]
    CandidateFailed {
        /// Which child.
        generation: u64,
        /// How it ended; `None` if it could not be started, or had to be killed.
        end: Option<End>,
        /// Whether an older child goes on serving.
        still_serving: bool,
    },
    /// A child drains.
    #[non_exhaustive]
    Draining {
        /// Which child.
        generation: u64,
    },
    /// A child was killed with SIGKILL.
    #[non_exhaustive]
    Killed {
        /// Which child.
        generation: u64,
        /// Why.
        reason: KillReason,
    },
    /// A child has ended.
    #[non_exhaustive]
    Ended {
        /// Which child.
        generation: u64,
        /// How.
        end: End,
    },
    /// A child has ended, and processes that it has started go on. Those that it has forked without
    /// executing another program hold its sockets: they serve beside its successor, and keep the port
    /// when everything has ended.
    #[non_exhaustive]
    LeftRunning {
        /// Which child.
        generation: u64,
        /// The processes, as far as this one may see them.
        pids: Vec<Pid>,
        /// They were killed, since `Config::kill_group` says so.
        killed: bool,
    },
    /// A signal was passed on to a child.
    #[non_exhaustive]
    Forwarded {
        /// Which child.
        generation: u64,
        /// Which signal.
        signal: Signal,
    },
    /// A signal waits until a child is ready for it.
    #[non_exhaustive]
    SignalWaits {
        /// Which signal.
        signal: Signal,
    },
    /// A restart begins.
    #[non_exhaustive]
    Restarting {
        /// Who asked for it.
        cause: Cause,
    },
    /// A restart waits for the one under way, or until fewer children are finishing.
    #[non_exhaustive]
    RestartWaits {
        /// Who asked for it.
        cause: Cause,
    },
    /// A restart was asked for while everything is stopping.
    #[non_exhaustive]
    RestartIgnored {
        /// Who asked for it.
        cause: Cause,
    },
    /// A child that drains asked for a restart: its successor serves already.
    #[non_exhaustive]
    RestartOutdated {
        /// Which child asked.
        generation: u64,
    },
    /// Neither the master nor its children ran for a while: a frozen cgroup, a paused virtual machine,
    /// everybody stopped. Deadlines move by that time.
    #[non_exhaustive]
    Frozen {
        /// For how long, about.
        time: Duration,
    },
    /// No further child is started; the master ends with the last one.
    #[non_exhaustive]
    Stopping,
    /// A child told one line about itself.
    #[non_exhaustive]
    Status {
        /// Which child.
        generation: u64,
        /// What it says.
        text: String,
    },
    /// Looking for a new executable failed. It is tried again.
    #[non_exhaustive]
    FetchFailed {
        /// Why, in one line.
        reason: String,
    },
    /// Looking for a new executable works again.
    FetchRecovered,
    /// Nothing will be fetched any more: the configuration of the fetcher cannot work, or it has
    /// panicked.
    #[non_exhaustive]
    FetchDisabled {
        /// Why, in one line.
        reason: String,
    },
    /// What was fetched is what runs already.
    #[non_exhaustive]
    UpToDate {
        /// The SHA-1 of the executable.
        id: Id,
    },
    /// What was fetched was turned down.
    #[non_exhaustive]
    Refused {
        /// Why, in one line.
        reason: String,
    },
    /// A new executable is in place.
    #[non_exhaustive]
    Installed {
        /// The SHA-1 of the executable.
        id: Id,
    },
    /// Another executable serves than before: a child of an upgrade has taken over, or of what somebody
    /// has put in place.
    #[non_exhaustive]
    Upgraded {
        /// Which child.
        generation: u64,
        /// The SHA-1 of the executable.
        id: Id,
        /// Its version, if its configuration says.
        version: Option<String>,
        /// The version of the one that served before.
        before: Option<String>,
    },
    /// The new executable is kept for good.
    #[non_exhaustive]
    Committed {
        /// The SHA-1 of the executable.
        id: Id,
        /// Its version, if its configuration says.
        version: Option<String>,
    },
    /// The previous executable was put back, by the master or by hand, and the new one is refused from
    /// now on.
    #[non_exhaustive]
    RolledBack {
        /// The SHA-1 of the executable that was taken away.
        refused: Id,
        /// Its version, if its child has said.
        version: Option<String>,
        /// Why.
        reason: RollbackReason,
    },
    /// Something that the master can live without, but that somebody should know: what did not
    /// work, or a place of the executable that will surprise later, such as another hard link.
    #[non_exhaustive]
    Warning {
        /// Why, in one line.
        reason: String,
    },
}

impl Event {
    /// Whether somebody should look at this; the rest is for the curious.
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
            | Self::Warning { .. } => true,
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
            | Self::Committed { .. } => false,
        }
    }
}

impl Event {
    /// Whether it is said by default although nothing is wrong: somebody who asks later when the
    /// program was upgraded wants to find it.
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
            Self::SpawnFailed { generation, reason } => {
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
            Self::FetchFailed { reason } => write!(f, "no upgrade for now: {reason}"),
            Self::FetchRecovered => f.write_str("update checks work again"),
            Self::FetchDisabled { reason } => {
                write!(f, "upgrades are disabled: {reason}")
            }
            Self::UpToDate { id } => write!(f, "up to date ({id})"),
            Self::Refused { reason } => write!(f, "refused a new executable: {reason}"),
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
            Self::RolledBack { refused, version, reason } => {
                write!(f, "rolled back to the previous executable; {refused}")?;
                if let Some(version) = version {
                    write!(f, ", version {version},")?;
                }
                write!(f, " is refused from now on: {reason}")
            }
            Self::Warning { reason } => f.write_str(reason),
        }
    }
}
