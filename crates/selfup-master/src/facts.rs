//! What an event tells, by name: the one list from which logs, metrics and the control socket take it.

use std::time::Duration;

use selfup_fds::LocalAddress;
use selfup_install::Id;
use selfup_lifecycle::Cause;
use selfup_signals::{End, Pid, Signal};

use crate::{
    attempt::Attempt,
    error::ErrorKind,
    event::Event,
    reason::{KillReason, RefusalReason, RollbackReason},
    warning::Warning,
};

/// What an event tells. What it does not tell is `None`.
#[derive(Debug, Default)]
#[cfg_attr(
    not(any(feature = "serde", feature = "tracing")),
    expect(dead_code, reason = "without these features only names are used")
)]
pub(crate) struct Facts<'a> {
    pub(crate) kind: &'static str,
    pub(crate) generation: Option<u64>,
    pub(crate) pid: Option<Pid>,
    pub(crate) pids: Option<&'a [Pid]>,
    /// The executable.
    pub(crate) id: Option<Id>,
    pub(crate) version: Option<&'a str>,
    /// The version of the executable that served before.
    pub(crate) before: Option<&'a str>,
    /// The name of a socket.
    pub(crate) name: Option<&'a str>,
    pub(crate) address: Option<&'a LocalAddress>,
    /// How a child ended.
    pub(crate) end: Option<End>,
    pub(crate) signal: Option<Signal>,
    /// Why a restart was requested.
    pub(crate) cause: Option<&'static str>,
    /// Why, in one word.
    pub(crate) reason: Option<&'static str>,
    /// Why, in one line.
    pub(crate) detail: Option<&'a str>,
    pub(crate) os_error: Option<i32>,
    /// What a child waits for.
    pub(crate) lacks: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) time: Option<Duration>,
    /// How many times an executable was started, or how many messages there were.
    pub(crate) count: Option<u64>,
    pub(crate) transient: Option<bool>,
    pub(crate) still_serving: Option<bool>,
    pub(crate) killed: Option<bool>,
    pub(crate) channel_closed: Option<bool>,
}

impl Event {
    /// Returns the name of this event, which does not change: `candidate-failed`, for example. The control socket,
    /// `serde`, `tracing` and `metrics` use the same.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        Facts::of(self).kind
    }

    /// Returns the child that this event is about, if it is about one.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        Facts::of(self).generation
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn of(event: &'a Event) -> Self {
        match event {
            Event::Listening { name, address } => {
                Self { name: Some(name), address: Some(address), ..Self::named("listening") }
            }
            Event::Started { generation, pid } => {
                Self { pid: Some(*pid), ..Self::about("started", *generation) }
            }
            Event::SpawnFailed { generation, transient, reason } => Self {
                transient: Some(*transient),
                detail: Some(reason.as_str()),
                os_error: reason.os_error(),
                ..Self::about("spawn-failed", *generation)
            },
            Event::Serving { generation, version } => {
                Self { version: version.as_deref(), ..Self::about("serving", *generation) }
            }
            Event::AssumedReady { generation, lacks } => {
                Self { lacks: lacks.as_deref(), ..Self::about("assumed-ready", *generation) }
            }
            Event::CandidateFailed { generation, end, still_serving } => Self {
                end: *end,
                still_serving: Some(*still_serving),
                ..Self::about("candidate-failed", *generation)
            },
            Event::Draining { generation } => Self::about("draining", *generation),
            Event::Killed { generation, reason } => {
                Self { kind: "killed", generation: Some(*generation), ..Self::of_kill(reason) }
            }
            Event::Ended { generation, end } => {
                Self { end: Some(*end), ..Self::about("ended", *generation) }
            }
            Event::LeftRunning { generation, pids, killed } => Self {
                pids: Some(pids),
                killed: Some(*killed),
                ..Self::about("left-running", *generation)
            },
            Event::Forwarded { generation, signal } => {
                Self { signal: Some(*signal), ..Self::about("forwarded", *generation) }
            }
            Event::SignalWaits { signal } => {
                Self { signal: Some(*signal), ..Self::named("signal-waits") }
            }
            Event::Restarting { cause } => Self::named("restarting").by(*cause),
            Event::RestartWaits { cause } => Self::named("restart-waits").by(*cause),
            Event::RestartIgnored { cause } => Self::named("restart-ignored").by(*cause),
            Event::RestartOutdated { generation } => Self::about("restart-outdated", *generation),
            Event::Frozen { time } => Self { time: Some(*time), ..Self::named("frozen") },
            Event::Stopping => Self::named("stopping"),
            Event::Status { generation, text } => {
                Self { status: Some(text), ..Self::about("status", *generation) }
            }
            Event::FetchFailed { kind, reason } => Self {
                reason: Some(kind.name()),
                detail: Some(reason.as_str()),
                os_error: reason.os_error(),
                ..Self::named("fetch-failed")
            },
            Event::FetchRecovered => Self::named("fetch-recovered"),
            Event::FetchDisabled { kind, reason } => Self {
                reason: Some(kind.name()),
                detail: Some(reason.as_str()),
                os_error: reason.os_error(),
                ..Self::named("fetch-disabled")
            },
            Event::UpToDate { id } => Self { id: Some(*id), ..Self::named("up-to-date") },
            Event::Refused { id, reason } => {
                Self { kind: "refused", id: *id, ..Self::of_refusal(reason) }
            }
            Event::Installed { id } => Self { id: Some(*id), ..Self::named("installed") },
            Event::Upgraded { generation, id, version, before } => Self {
                id: Some(*id),
                version: version.as_deref(),
                before: before.as_deref(),
                ..Self::about("upgraded", *generation)
            },
            Event::Committed { id, version } => {
                Self { id: Some(*id), version: version.as_deref(), ..Self::named("committed") }
            }
            Event::Shelved { id } => Self { id: Some(*id), ..Self::named("shelved") },
            Event::RolledBack { refused, version, reason } => Self {
                kind: "rolled-back",
                id: Some(*refused),
                version: version.as_deref(),
                ..Self::of_rollback(reason)
            },
            Event::Warning(warning) => Self { kind: "warning", ..Self::of_warning(warning) },
        }
    }

    fn named(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    fn about(kind: &'static str, generation: u64) -> Self {
        Self { generation: Some(generation), ..Self::named(kind) }
    }

    fn by(self, cause: Cause) -> Self {
        Self { cause: Some(cause.kind()), ..self }
    }

    pub(crate) fn of_kill(reason: &'a KillReason) -> Self {
        let this = Self { reason: Some(reason.kind()), ..Self::default() };
        match reason {
            KillReason::NotReady { lacks } => Self { lacks: lacks.as_deref(), ..this },
            KillReason::NotEnded { channel_closed } => {
                Self { channel_closed: Some(*channel_closed), ..this }
            }
            KillReason::OtherProtocol | KillReason::MissingSocket | KillReason::RolledBack => this,
        }
    }

    pub(crate) fn of_rollback(reason: &'a RollbackReason) -> Self {
        let this = Self { reason: Some(reason.kind()), ..Self::default() };
        match reason {
            RollbackReason::NotReady(end) => Self { end: *end, ..this },
            RollbackReason::Probation(end) => Self { end: Some(*end), ..this },
            RollbackReason::ByHand => this,
            RollbackReason::NeverCommitted { starts } => {
                Self { count: Some(u64::from(*starts)), ..this }
            }
            RollbackReason::Recorded(text) => Self { detail: Some(text), ..this },
        }
    }

    pub(crate) fn of_refusal(reason: &'a RefusalReason) -> Self {
        let this = Self { reason: Some(reason.kind()), ..Self::default() };
        match reason {
            RefusalReason::Check { check: _, reason } => {
                Self { detail: Some(reason.as_str()), os_error: reason.os_error(), ..this }
            }
            RefusalReason::Before { id, recorded } => {
                Self { id: Some(*id), detail: Some(recorded), ..this }
            }
        }
    }

    pub(crate) fn of_warning(warning: &'a Warning) -> Self {
        let (reason, generation) = (Some(warning.kind()), warning.generation());
        let this = Self { reason, generation, ..Self::default() };
        match warning {
            Warning::CouldNot { attempt, reason } => Self {
                detail: Some(reason.as_str()),
                os_error: reason.os_error(),
                ..this.attempt(attempt)
            },
            Warning::UnreadableMessages { count, .. } => {
                Self { count: u64::try_from(*count).ok(), ..this }
            }
            Warning::OtherProtocol { version, .. } => {
                Self { count: Some(u64::from(*version)), ..this }
            }
            Warning::MissingSockets { names, .. } => Self { name: Some(names), ..this },
            Warning::ChannelClosedEarly { before, .. } => Self { time: Some(*before), ..this },
            Warning::ActiveLost { end, .. }
            | Warning::ProbationFailed { end, .. }
            | Warning::Revived { end, .. } => Self { end: Some(*end), ..this },
            Warning::Respawned { end, pause, .. } => {
                Self { end: Some(*end), time: Some(*pause), ..this }
            }
            Warning::StaysAtPath { id, .. } => Self { id: Some(*id), ..this },
            Warning::Surprise { text }
            | Warning::Doubted { text }
            | Warning::Source { text }
            | Warning::Alone { text } => Self { detail: Some(text), ..this },
            Warning::Rebound { name } | Warning::UnusedSocket { name } => {
                Self { name: Some(name), ..this }
            }
            Warning::CommittedBut { reason }
            | Warning::NotCommitted { reason }
            | Warning::PidFile { reason }
            | Warning::NoControlSocket { reason }
            | Warning::RunsAlone { reason } => {
                Self { detail: Some(reason.as_str()), os_error: reason.os_error(), ..this }
            }
            Warning::ChannelClosed { .. }
            | Warning::CannotHear { .. }
            | Warning::UnknownEnd { .. }
            | Warning::OtherKeys
            | Warning::NoKeys
            | Warning::InsideRuntime
            | Warning::HookPanicked
            | Warning::ObserverPanicked => this,
        }
    }

    fn attempt(self, attempt: &'a Attempt) -> Self {
        match attempt {
            Attempt::Forward { signal, .. } | Attempt::Send { signal, .. } => {
                Self { signal: Some(*signal), ..self }
            }
            Attempt::Rebind { name } => Self { name: Some(name), ..self },
            _ => self,
        }
    }

    /// The exit code of a child, if it ended with one.
    #[cfg(any(feature = "serde", feature = "tracing"))]
    pub(crate) fn code(&self) -> Option<i32> {
        match self.end {
            Some(End::Exited(code)) => Some(code),
            _ => None,
        }
    }

    /// The signal that was sent, or that killed a child.
    #[cfg(any(feature = "serde", feature = "tracing"))]
    pub(crate) fn signal(&self) -> Option<Signal> {
        match self.end {
            Some(End::Signaled { signal, .. }) => Some(signal),
            _ => self.signal,
        }
    }
}

impl ErrorKind {
    /// The name of this kind, which does not change.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Configuration => "configuration",
            Self::Address => "address",
            Self::Executable => "executable",
            Self::PidFile => "pid-file",
            Self::Start => "start",
            Self::Master => "master",
            Self::Fetch => "fetch",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::NoSpace => "no-space",
            Self::NotPermitted => "not-permitted",
            Self::Child => "child",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::samples::every_event;

    #[test]
    fn names_are_words_and_none_is_used_twice() {
        let is_word = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let events = every_event();
        let kinds: BTreeSet<_> = events.iter().map(Event::kind).collect();
        assert!(kinds.iter().all(|kind| is_word(kind)), "{kinds:?}");
        let kind_of = |event: &Event| std::mem::discriminant(event);
        let different: std::collections::HashSet<_> = events.iter().map(kind_of).collect();
        assert_eq!(kinds.len(), different.len(), "{kinds:?}");
        let mut warnings = BTreeSet::new();
        for event in &events {
            let Event::Warning(warning) = event else { continue };
            assert!(is_word(warning.kind()) && warnings.insert(warning.kind()), "{warning:?}");
        }
    }
}
