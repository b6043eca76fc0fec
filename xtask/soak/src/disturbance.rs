//! All disturbances of the service.

use std::fmt;
use std::time::Duration;

/// One disturbance, with its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// The restart signal.
    Restart,
    /// The restart signal again and again.
    Burst { signals: u64, apart: Duration },
    /// A good release is published.
    Upgrade,
    /// A bad release is published, which must not stay.
    BadUpgrade(Bad),
    /// SIGKILL for the master.
    MasterKill(Moment),
    /// The service manager stops the service and starts it again.
    StopStart,
    /// The wall clock is off by this many seconds from now on.
    ClockJump { seconds: i64 },
    /// There is no room for an upgrade until files are removed.
    FullDisk,
    /// SIGSTOP, and SIGCONT later.
    Freeze { victim: Victim, lasts: Duration, restart: bool },
    /// The control channel of a child ends in both directions.
    LostChannel(Whose),
    /// SIGKILL for a child that starts.
    CandidateKill,
    /// SIGKILL for a child that serves a new release, which is on probation.
    ProbationKill,
    /// Two signals for the master, one right after the other.
    SignalPair(Pair),
    /// The master may open so many more descriptors and no more, for a while.
    FewDescriptors { more: u64 },
    /// For a while stderr is not read, and its pipe is full.
    UnreadStderr,
    /// The service manager does not read, and its queue is full, for a while.
    UnreadManager,
    /// One transfer in five from the source is damaged.
    CorruptSource(Damage),
    /// The master can start no process and no thread, in turns with times when it can.
    FailedForks { apart: Duration },
}

/// The damage to bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    Flipped,
    CutShort,
}

/// Which two signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// SIGHUP and the restart signal.
    HangupRestart,
    /// The restart signal and SIGTERM.
    RestartStop,
    /// SIGTERM and SIGCONT, as some managers stop a service, while a good release is on probation.
    StopContinue,
    /// SIGQUIT, which the program survives, and later a release that ends by itself.
    QuitBadUpgrade,
}

/// The fault of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Text,
    Truncated,
    OtherMachine,
    NoSelfup,
    ProbeExits,
    ProbeCrashes,
    ProbeHangs,
    ExitsAtOnce,
    NeverReady,
    ExitsInProbation { after: Duration },
    AbortsInProbation { after: Duration },
}

/// When the master is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// While nothing happens.
    Quiet,
    /// So long after the restart signal.
    Restart { after: Duration },
    /// While a child starts.
    Start,
    /// So long after a good release was published.
    Upgrade { after: Duration },
    /// So long after one was published that must not stay.
    BadUpgrade { bad: Bad, after: Duration },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Serving,
    Draining,
    Starting,
    Master,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Serving,
    Draining,
    Starting,
}

/// The kinds of disturbances, by which they are chosen and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Restart,
    Burst,
    Upgrade,
    BadUpgrade,
    MasterKill,
    StopStart,
    Clock,
    FullDisk,
    Freeze,
    LostChannel,
    CandidateKill,
    ProbationKill,
    SignalPair,
    FewDescriptors,
    UnreadStderr,
    UnreadManager,
    CorruptSource,
    FailedForks,
}

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::Restart,
        Self::Burst,
        Self::Upgrade,
        Self::BadUpgrade,
        Self::MasterKill,
        Self::StopStart,
        Self::Clock,
        Self::FullDisk,
        Self::Freeze,
        Self::LostChannel,
        Self::CandidateKill,
        Self::ProbationKill,
        Self::SignalPair,
        Self::FewDescriptors,
        Self::UnreadStderr,
        Self::UnreadManager,
        Self::CorruptSource,
        Self::FailedForks,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Burst => "burst",
            Self::Upgrade => "upgrade",
            Self::BadUpgrade => "bad-upgrade",
            Self::MasterKill => "master-kill",
            Self::StopStart => "stop-start",
            Self::Clock => "clock",
            Self::FullDisk => "full-disk",
            Self::Freeze => "freeze",
            Self::LostChannel => "lost-channel",
            Self::CandidateKill => "candidate-kill",
            Self::ProbationKill => "probation-kill",
            Self::SignalPair => "signal-pair",
            Self::FewDescriptors => "few-descriptors",
            Self::UnreadStderr => "unread-stderr",
            Self::UnreadManager => "unread-manager",
            Self::CorruptSource => "corrupt-source",
            Self::FailedForks => "failed-forks",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Disturbance {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Restart => Kind::Restart,
            Self::Burst { .. } => Kind::Burst,
            Self::Upgrade => Kind::Upgrade,
            Self::BadUpgrade(_) => Kind::BadUpgrade,
            Self::MasterKill(_) => Kind::MasterKill,
            Self::StopStart => Kind::StopStart,
            Self::ClockJump { .. } => Kind::Clock,
            Self::FullDisk => Kind::FullDisk,
            Self::Freeze { .. } => Kind::Freeze,
            Self::LostChannel(_) => Kind::LostChannel,
            Self::CandidateKill => Kind::CandidateKill,
            Self::ProbationKill => Kind::ProbationKill,
            Self::SignalPair(_) => Kind::SignalPair,
            Self::FewDescriptors { .. } => Kind::FewDescriptors,
            Self::UnreadStderr => Kind::UnreadStderr,
            Self::UnreadManager => Kind::UnreadManager,
            Self::CorruptSource(_) => Kind::CorruptSource,
            Self::FailedForks { .. } => Kind::FailedForks,
        }
    }

    /// How many requests may be lost by it: those that a child has which is killed while it serves.
    pub(super) const fn may_lose(self) -> u64 {
        match self {
            Self::ProbationKill => 100,
            _ => 0,
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind().name())?;
        match self {
            Self::Burst { signals, apart } => write!(f, " of {signals}, {apart:?} apart"),
            Self::BadUpgrade(bad) => write!(f, " {bad:?}"),
            Self::MasterKill(moment) => write!(f, " {moment:?}"),
            Self::ClockJump { seconds } => write!(f, " to {seconds:+} s"),
            Self::Freeze { victim, lasts, restart } => {
                let restart = if *restart { ", with a restart" } else { "" };
                write!(f, " {victim:?} for {lasts:?}{restart}")
            }
            Self::LostChannel(whose) => write!(f, " {whose:?}"),
            Self::SignalPair(pair) => write!(f, " {pair:?}"),
            Self::FewDescriptors { more } => write!(f, ", {more} more"),
            Self::CorruptSource(damage) => write!(f, " {damage:?}"),
            Self::FailedForks { apart } => write!(f, " {apart:?} apart"),
            _ => Ok(()),
        }
    }
}
