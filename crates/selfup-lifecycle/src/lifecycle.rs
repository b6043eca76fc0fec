//! The state of a master between two inputs: plain data, no handles.

use std::time::Duration;

use selfup_signals::{End, Signal};

use crate::{
    action::Program,
    answer::Waiting,
    generation::Generation,
    input::{Arrived, Cause},
    policy::Policy,
    restarts::Restarts,
    signal_set::SignalSet,
    time::Time,
};

/// The state machine of a master: everything that it remembers between two inputs, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lifecycle {
    pub(crate) policy: Policy,
    /// The children that have not been reaped, oldest first.
    pub(crate) children: Vec<Child>,
    /// The number of the next child.
    pub(crate) next: Generation,
    /// A restart that has been requested and has not begun. The latest request wins.
    pub(crate) queued: Option<Cause>,
    /// A start that failed for lack of a resource, and is attempted again later.
    pub(crate) retry: Option<Retry>,
    /// Signals for the program that wait for a child to become ready, oldest first.
    pub(crate) held: Vec<Held>,
    /// The state of the new executable, if there is one.
    pub(crate) upgrade: Upgrade,
    /// Set while children that died soon after they took over, or one after the other, are replaced.
    pub(crate) revival: Option<Revival>,
    /// Until when children that begin to die are held against the executable, which was committed here.
    pub(crate) fall_back_until: Option<Time>,
    pub(crate) phase: Phase,
    /// The operators that wait for an answer, oldest first.
    pub(crate) waiting: Vec<Waiting>,
    /// How the master ends if no child serves any more: the end of the child that served last.
    pub(crate) verdict: Option<End>,
}

/// A child, from its spawn until it is reaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Child {
    pub(crate) generation: Generation,
    pub(crate) role: Role,
    /// The executable that it runs.
    pub(crate) program: Program,
    /// The signals that the master sent to it, or the kernel to its process group.
    pub(crate) sent: SignalSet,
    /// The earlier attempts to start it, which have failed.
    pub(crate) attempts: Attempts,
}

/// The role of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// The child starts, and has to be ready by the deadline.
    Candidate { ready_by: Time },
    /// The child serves. If it replaced another one and dies before `young_until`, a further child is
    /// started. With `OnExit::Respawn`, its end is then one of a series.
    Active { young_until: Option<Time> },
    /// The child drains, and has to have ended by the deadline.
    Draining { gone_by: Time },
    /// The child has been killed, and has not been reaped. If it was the `last_hope`, a candidate while
    /// no child served, the next step is decided when it has ended.
    Killed { last_hope: bool },
}

/// The role of a child, as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It starts.
    Candidate,
    /// It serves.
    Active,
    /// It finishes its requests.
    Draining,
    /// It has been killed, and has not been reaped.
    Killed,
}

/// How many attempts of a start have failed, and until when it is attempted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attempts {
    pub(crate) failed: u32,
    pub(crate) until: Time,
}

/// A start that will be attempted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Retry {
    pub(crate) at: Time,
    pub(crate) attempts: Attempts,
}

/// A series of children that died, each soon after it took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Revival {
    /// How many children have been started in the place of another.
    pub(crate) children: u32,
    /// The time after which no more are started.
    pub(crate) until: Time,
}

/// A signal that waits for a child to become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) arrived: Arrived,
    /// Whether the active child has it already, so that only its successor should get it.
    pub(crate) delivered: bool,
}

/// The state of a new executable between its installation and the decision about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Upgrade {
    /// There is none, or it has been decided about.
    None,
    /// No child runs it yet.
    Installed,
    /// A candidate runs it.
    Starting,
    /// A child that serves runs it. It is committed if the child still serves by then.
    Probation { until: Time },
}

/// Whether children are still started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// Children serve, and may be replaced.
    Serving,
    /// No further child is started. The master ends with the last child, in the way that `mirrored`
    /// ended. From `second_from` on, a SIGTERM counts as the second one; it is `None` before the first.
    Stopping { mirrored: Option<Generation>, second_from: Option<Time> },
    /// The master has ended.
    Ended,
}

impl Lifecycle {
    /// Creates the state of a master that has not started a child yet.
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
            fall_back_until: None,
            phase: Phase::Serving,
            waiting: Vec::new(),
            verdict: None,
        }
    }

    /// Starts with an executable on trial that an earlier master left undecided.
    #[must_use]
    pub fn on_trial(mut self) -> Self {
        self.upgrade = Upgrade::Installed;
        self
    }

    /// Returns the time at which the next [`Input::Tick`](crate::Input::Tick) is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines().min()
    }

    /// Returns the latest deadline of the starts and drains under way.
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

    /// Moves every deadline by a time in which nothing ran.
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
        if let Some(until) = &mut self.fall_back_until {
            *until = *until + by;
        }
    }

    /// Returns whether a request to restart starts another child.
    #[must_use]
    pub fn may_start_another(&self) -> bool {
        self.phase == Phase::Serving && self.policy.restarts != Restarts::Never
    }

    /// Returns whether this is the restart signal.
    #[must_use]
    pub fn is_restart_signal(&self, signal: Signal) -> bool {
        signal == self.policy.restart_signal
    }

    /// Returns whether an upgrade waits for the next start of the service.
    #[must_use]
    pub fn waits_for_a_start(&self) -> bool {
        self.policy.restarts == Restarts::Never
    }

    /// Returns whether an upgrade waits for a restart that is requested separately.
    #[must_use]
    pub fn waits_after_fetch(&self) -> bool {
        self.policy.waits_for_a_restart()
    }

    /// Returns the active child.
    #[must_use]
    pub fn active(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Active { .. }))
    }

    /// Returns the candidate.
    #[must_use]
    pub fn candidate(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Candidate { .. }))
    }

    /// Returns whether a child is about to take over: it starts, or its start will be attempted again.
    #[must_use]
    pub fn has_successor(&self) -> bool {
        self.candidate().is_some() || self.retry.is_some()
    }

    /// Returns the number of the child that is started next.
    #[must_use]
    pub fn next_generation(&self) -> Generation {
        self.next
    }

    /// Returns the role of a child, with the time of its deadline, if it has one.
    #[must_use]
    pub fn standing(&self, generation: Generation) -> Option<(Standing, Option<Time>)> {
        let child = self.children.iter().find(|child| child.generation == generation)?;
        let standing = match child.role {
            Role::Candidate { .. } => Standing::Candidate,
            Role::Active { .. } => Standing::Active,
            Role::Draining { .. } => Standing::Draining,
            Role::Killed { .. } => Standing::Killed,
        };
        Some((standing, child.role.deadline()))
    }

    /// Returns the time at which the executable on probation is committed, if there is one.
    #[must_use]
    pub fn on_probation_until(&self) -> Option<Time> {
        match self.upgrade {
            Upgrade::Probation { until } => Some(until),
            Upgrade::None | Upgrade::Installed | Upgrade::Starting => None,
        }
    }

    /// Returns whether a new executable is on trial: it waits for a child, or a child runs it.
    #[must_use]
    pub fn is_trying(&self) -> bool {
        self.upgrade != Upgrade::None
    }

    /// Returns whether a restart was requested, and has not begun.
    #[must_use]
    pub fn has_queued_restart(&self) -> bool {
        self.queued.is_some()
    }

    /// Returns which executable a child that is started now runs.
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
    /// Returns whether this end follows from a signal that the child was sent, so that it proves nothing
    /// about the executable: the child died of that signal, or ended in any way after a signal that asks
    /// a program to end.
    pub(crate) fn ended_as_asked(&self, end: End) -> bool {
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
