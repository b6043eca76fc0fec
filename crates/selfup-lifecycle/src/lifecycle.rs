//! All that the master remembers between two events: plain data, no handles.

use std::time::Duration;

use selfup_signals::{End, Signal};

use crate::{
    action::Program,
    event::{Arrived, Cause},
    generation::Generation,
    policy::Policy,
    restarts::Restarts,
    signal_set::SignalSet,
    time::Time,
};

/// Everything the master must remember between two events: plain data, no handles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lifecycle {
    pub(crate) policy: Policy,
    /// The children that have not been reaped yet, oldest first.
    pub(crate) children: Vec<Child>,
    /// The number of the next child.
    pub(crate) next: Generation,
    /// A restart that was asked for and has not begun. The latest request wins.
    pub(crate) queued: Option<Cause>,
    /// A child that could not be started for want of something, and is to be started later.
    pub(crate) retry: Option<Retry>,
    /// Signals for the program that a child is to get once it is ready, oldest first.
    pub(crate) held: Vec<Held>,
    /// Where the new executable stands, if there is one.
    pub(crate) upgrade: Upgrade,
    /// Children died soon after they took over, and others were started in their place.
    pub(crate) revival: Option<Revival>,
    pub(crate) phase: Phase,
    /// How the master ends if nothing serves any more: the end of the child that served last.
    pub(crate) verdict: Option<End>,
}

/// A child, from its spawn until it is reaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Child {
    pub(crate) generation: Generation,
    pub(crate) role: Role,
    /// What it executes.
    pub(crate) program: Program,
    /// The signals that it was sent, or got from the kernel as one of its group.
    pub(crate) sent: SignalSet,
    /// The attempts to start it that have failed before.
    pub(crate) attempts: Attempts,
}

/// What a child is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Starting; to be ready by the deadline.
    Candidate { ready_by: Time },
    /// Serving. If it replaced another, it is young until then: should it die before, another
    /// child is started.
    Active { young_until: Option<Time> },
    /// Finishing what it has; to be gone by the deadline.
    Draining { gone_by: Time },
    /// Killed; only its end is awaited. The `last_hope` was a candidate with nobody to fall back
    /// to: what happens next is decided when it has gone.
    Killed { last_hope: bool },
}

/// How often a start was attempted in vain, and until when it is attempted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attempts {
    pub(crate) failed: u32,
    pub(crate) until: Time,
}

/// A start that is to be attempted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Retry {
    pub(crate) at: Time,
    pub(crate) attempts: Attempts,
}

/// Children that died soon after they took over, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Revival {
    /// How many were started in the place of another.
    pub(crate) children: u32,
    /// Until when more are.
    pub(crate) until: Time,
}

/// A signal that waits for a child to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) arrived: Arrived,
    /// The child that served at the time has it already; only its successor is to get it.
    pub(crate) delivered: bool,
}

/// Where a new executable stands between its installation and the decision about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Upgrade {
    /// There is none, or it was decided about.
    None,
    /// There; no child has tried it yet.
    Installed,
    /// A candidate is trying it.
    Starting,
    /// It serves, and is kept if it still does by then.
    Probation { until: Time },
}

/// Whether children are still started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// Children serve, and may be replaced.
    Serving,
    /// No child is started any more; the master ends with the last one, as `mirrored` ended.
    /// A SIGTERM counts as a second one from `second_from` on; nothing if none has come yet.
    Stopping { mirrored: Option<Generation>, second_from: Option<Time> },
    /// The last action was to end.
    Ended,
}

impl Lifecycle {
    /// A master that has not started anything yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            children: Vec::new(),
            next: Generation::FIRST,
            queued: None,
            retry: None,
            held: Vec::new(),
            upgrade: Upgrade::None,
            revival: None,
            phase: Phase::Serving,
            verdict: None,
        }
    }

    /// A master that has an executable to try from one before it, which did not decide about it.
    #[must_use]
    pub fn on_trial(mut self) -> Self {
        self.upgrade = Upgrade::Installed;
        self
    }

    /// The point in time at which [`Event::Tick`](crate::Event::Tick) has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines().min()
    }

    /// The last deadline of those that what is under way may take up.
    #[must_use]
    pub fn last_deadline(&self) -> Option<Time> {
        let children = self.children.iter().filter_map(|child| child.role.deadline());
        children.chain(self.retry.map(|retry| retry.attempts.until)).max()
    }

    fn deadlines(&self) -> impl Iterator<Item = Time> {
        let children = self.children.iter().filter_map(|child| child.role.deadline());
        let upgrade = match self.upgrade {
            Upgrade::Probation { until } => Some(until),
            Upgrade::None | Upgrade::Installed | Upgrade::Starting => None,
        };
        children.chain(upgrade).chain(self.retry.map(|retry| retry.at))
    }

    /// Moves every deadline: nobody ran for so long.
    pub(crate) fn postpone(&mut self, by: Duration) {
        for child in &mut self.children {
            child.role.postpone(by);
            child.attempts.until = child.attempts.until + by;
        }
        if let Upgrade::Probation { until } = &mut self.upgrade {
            *until = *until + by;
        }
        if let Some(retry) = &mut self.retry {
            retry.at = retry.at + by;
            retry.attempts.until = retry.attempts.until + by;
        }
        if let Some(revival) = &mut self.revival {
            revival.until = revival.until + by;
        }
    }

    /// Whether a restart starts another child, if it is asked for.
    #[must_use]
    pub fn may_start_another(&self) -> bool {
        self.phase == Phase::Serving && self.policy.restarts != Restarts::Never
    }

    /// Whether this is the signal that restarts.
    #[must_use]
    pub fn is_restart_signal(&self, signal: Signal) -> bool {
        signal == self.policy.restart_signal
    }

    /// Whether an upgrade waits for the next start of the service.
    #[must_use]
    pub fn waits_for_a_start(&self) -> bool {
        self.policy.restarts == Restarts::Never
    }

    /// Whether an upgrade waits for a restart that somebody else asks for.
    #[must_use]
    pub fn waits_after_fetch(&self) -> bool {
        self.policy.waits_for_a_restart()
    }

    /// The child that serves.
    #[must_use]
    pub fn active(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Active { .. }))
    }

    /// The child that is to serve next.
    #[must_use]
    pub fn candidate(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Candidate { .. }))
    }

    /// Whether a child is about to serve: it is starting, or its start is attempted again.
    #[must_use]
    pub fn has_successor(&self) -> bool {
        self.candidate().is_some() || self.retry.is_some()
    }

    /// The number of the child that is started next.
    #[must_use]
    pub fn next_generation(&self) -> Generation {
        self.next
    }

    /// What a child that is started now executes.
    pub(crate) fn program(&self) -> Program {
        match self.upgrade {
            Upgrade::None => Program::Proven,
            Upgrade::Installed | Upgrade::Starting | Upgrade::Probation { .. } => Program::Trial,
        }
    }

    pub(crate) fn draining(&self) -> usize {
        self.children.iter().filter(|child| matches!(child.role, Role::Draining { .. })).count()
    }

    pub(crate) fn child(&mut self, generation: Generation) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.generation == generation)
    }

    fn find(&self, wanted: impl Fn(Role) -> bool) -> Option<Generation> {
        self.children.iter().find(|child| wanted(child.role)).map(|child| child.generation)
    }
}

impl Child {
    /// Whether a child that ended so only did what a signal of the master's told it, which proves
    /// nothing about its executable: it died of that signal, or ended, however it likes to, after
    /// one that asks a program to end.
    pub(crate) fn was_told_to(&self, end: End) -> bool {
        let asked = [Signal::INT, Signal::QUIT, Signal::TERM];
        asked.iter().any(|signal| self.sent.contains(*signal))
            || matches!(end, End::Signaled { signal, .. } if self.sent.contains(signal))
    }
}

impl Role {
    fn deadline(self) -> Option<Time> {
        match self {
            Self::Candidate { ready_by } => Some(ready_by),
            Self::Draining { gone_by } => Some(gone_by),
            Self::Active { .. } | Self::Killed { .. } => None,
        }
    }

    fn postpone(&mut self, by: Duration) {
        match self {
            Self::Candidate { ready_by: deadline }
            | Self::Draining { gone_by: deadline }
            | Self::Active { young_until: Some(deadline) } => *deadline = *deadline + by,
            Self::Active { young_until: None } | Self::Killed { .. } => {}
        }
    }
}
