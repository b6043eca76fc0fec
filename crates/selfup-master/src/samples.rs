//! One event of each kind, for tests.

use std::time::Duration;

use selfup_fds::LocalAddress;
use selfup_install::Id;
use selfup_lifecycle::Cause;
use selfup_signals::{End, Pid, Signal};

use crate::{
    attempt::Attempt,
    error::ErrorKind,
    event::Event,
    reason::{Check, KillReason, RefusalReason, RollbackReason},
    warning::Warning,
    why::Reason,
};

const ID: &str = "77aa0011223344556677889900aabbccddeeff00";

pub(crate) fn id() -> Id {
    ID.parse().unwrap()
}

pub(crate) fn reason() -> Reason {
    let full = std::io::Error::from_raw_os_error(libc::ENOSPC);
    Reason::of(&full)
}

pub(crate) fn every_event() -> Vec<Event> {
    let end = End::Exited(3);
    let killed = End::Signaled { signal: Signal::KILL, core_dumped: false };
    let version = || Some("1.5.0".to_owned());
    let address = LocalAddress::Tcp(([127, 0, 0, 1], 3000).into());
    let mut events = vec![
        Event::Listening { name: "address-0".to_owned(), address },
        Event::Started { generation: 1, pid: Pid::this() },
        Event::SpawnFailed { generation: 2, transient: true, reason: reason() },
        Event::Serving { generation: 1, version: version() },
        Event::AssumedReady { generation: 1, lacks: Some("it loads".to_owned()) },
        Event::CandidateFailed { generation: 2, end: Some(end), still_serving: true },
        Event::Draining { generation: 1 },
        Event::Killed { generation: 1, reason: KillReason::NotEnded { channel_closed: true } },
        Event::Ended { generation: 1, end: killed },
        Event::LeftRunning { generation: 1, pids: vec![Pid::this()], killed: false },
        Event::Forwarded { generation: 1, signal: Signal::HUP },
        Event::SignalWaits { signal: Signal::HUP },
        Event::Restarting { cause: Cause::Signal },
        Event::RestartWaits { cause: Cause::Call },
        Event::RestartIgnored { cause: Cause::Upgrade },
        Event::RestartOutdated { generation: 1 },
        Event::Frozen { time: Duration::from_millis(2500) },
        Event::Stopping,
        Event::Status { generation: 1, text: "3 sessions".to_owned() },
        Event::FetchFailed { kind: ErrorKind::NoSpace, reason: reason() },
        Event::FetchRecovered,
        Event::FetchDisabled { kind: ErrorKind::Configuration, reason: reason() },
        Event::UpToDate { id: id() },
        Event::Installed { id: id() },
        Event::Upgraded { generation: 2, id: id(), version: version(), before: version() },
        Event::Committed { id: id(), version: version() },
        Event::Shelved { id: id() },
    ];
    events.extend(refusals().map(|reason| Event::Refused { id: Some(id()), reason }));
    events.extend(rollbacks().map(|reason| Event::RolledBack {
        refused: id(),
        version: version(),
        reason,
    }));
    events.extend(warnings().into_iter().map(Event::Warning));
    events
}

fn refusals() -> impl Iterator<Item = RefusalReason> {
    let failed = |check| RefusalReason::Check { check, reason: reason() };
    let before = RefusalReason::Before { id: id(), recorded: "it crashed".to_owned() };
    [failed(Check::Signature), before].into_iter()
}

fn rollbacks() -> impl Iterator<Item = RollbackReason> {
    let end = End::Exited(3);
    [
        RollbackReason::NotReady(Some(end)),
        RollbackReason::Probation(end),
        RollbackReason::ByHand,
        RollbackReason::NeverCommitted { starts: 3 },
        RollbackReason::Recorded("it crashed".to_owned()),
    ]
    .into_iter()
}

fn attempts() -> Vec<Attempt> {
    let (generation, signal) = (1, Signal::TERM);
    vec![
        Attempt::Forward { generation, signal },
        Attempt::Send { generation, signal },
        Attempt::Drain { generation },
        Attempt::Hasten { generation },
        Attempt::Stop,
        Attempt::ReapOrphans,
        Attempt::LookAtPath,
        Attempt::KeepPrevious,
        Attempt::Identify,
        Attempt::StartFetching,
        Attempt::Recover,
        Attempt::ExecutePrevious,
        Attempt::PutInPlace,
        Attempt::RollBack,
        Attempt::GoBack,
        Attempt::FallBack,
        Attempt::Excuse,
        Attempt::Rebind { name: "address-0".to_owned() },
        Attempt::CleanUp,
        Attempt::RemovePidFile,
        Attempt::ReachManager,
        Attempt::UseDescriptor,
        Attempt::ReportToManager,
    ]
}

fn warnings() -> Vec<Warning> {
    let (generation, end) = (1, End::Exited(3));
    let text = || "some text".to_owned();
    let name = || "address-0".to_owned();
    let could_not = |attempt| Warning::CouldNot { attempt, reason: reason() };
    let mut warnings: Vec<_> = attempts().into_iter().map(could_not).collect();
    warnings.extend([
        Warning::UnreadableMessages { generation, count: 2 },
        Warning::OtherProtocol { generation, version: 2 },
        Warning::MissingSockets { generation, names: name() },
        Warning::ChannelClosed { generation },
        Warning::ChannelClosedEarly { generation, before: Duration::from_secs(2) },
        Warning::CannotHear { generation },
        Warning::UnknownEnd { generation },
        Warning::ActiveLost { generation, end },
        Warning::ProbationFailed { generation, end },
        Warning::Revived { generation, end },
        Warning::Respawned { generation, end, pause: Duration::from_secs(1) },
        Warning::OtherKeys,
        Warning::NoKeys,
        Warning::CommittedBut { reason: reason() },
        Warning::NotCommitted { reason: reason() },
        Warning::StaysAtPath { id: id(), reason: RollbackReason::ByHand },
        Warning::Surprise { text: text() },
        Warning::Doubted { text: text() },
        Warning::Source { text: text() },
        Warning::Rebound { name: name() },
        Warning::UnusedSocket { name: name() },
        Warning::PidFile { reason: reason() },
        Warning::NoControlSocket { reason: reason() },
        Warning::InsideRuntime,
        Warning::RunsAlone { reason: reason() },
        Warning::Alone { text: text() },
        Warning::HookPanicked,
        Warning::ObserverPanicked,
    ]);
    warnings
}
