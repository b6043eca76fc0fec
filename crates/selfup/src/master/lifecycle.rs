use selfup_signals::{End, Signal};

use super::{Arrived, Cause, Generation, Rules, Time};

/// Everything the master must remember between two events: plain data, no handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    pub(super) rules: Rules,
    /// The children that have not been reaped yet, oldest first.
    pub(super) children: Vec<Child>,
    /// The number of the next child.
    pub(super) next: Generation,
    /// A restart that was asked for and has not begun. The latest request wins.
    pub(super) queued: Option<Cause>,
    /// Signals for the program that came while no child could take them, oldest first.
    pub(super) held: Vec<Arrived>,
    /// The signal that was passed on last, since a child became ready.
    pub(super) passed_on: Option<Signal>,
    /// Where the new executable stands, if there is one.
    pub(super) upgrade: Upgrade,
    pub(super) phase: Phase,
    /// How the master ends if nothing serves any more: the end of the child that served last.
    pub(super) verdict: Option<End>,
}

/// A child, from its spawn until it is reaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) generation: Generation,
    pub(super) role: Role,
}

/// What a child is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Starting; to be ready by the deadline.
    Candidate { ready_by: Time },
    /// Serving.
    Active,
    /// Finishing what it has; to be gone by the deadline.
    Draining { gone_by: Time },
    /// Killed; only its end is awaited. The `last_hope` was a candidate with nobody to fall back
    /// to: what happens next is decided when it has gone.
    Killed { last_hope: bool },
}

/// Where a new executable stands between its installation and the decision about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// There is none, or it was decided about.
    None,
    /// In place; no child has tried it yet.
    Installed,
    /// A candidate is trying it.
    Starting,
    /// It serves, and is kept if it still does by then.
    Probation { until: Time },
}

/// Whether children are still started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Children serve, and may be replaced.
    Serving,
    /// No child is started any more; the master ends with the last one, as `mirrored` ended.
    Stopping { mirrored: Option<Generation> },
    /// The last action was to end.
    Ended,
}

impl Lifecycle {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            children: Vec::new(),
            next: Generation::FIRST,
            queued: None,
            held: Vec::new(),
            passed_on: None,
            upgrade: Upgrade::None,
            phase: Phase::Serving,
            verdict: None,
        }
    }

    /// A master whose executable has been installed by one before it, and was not decided about.
    pub(crate) fn on_trial(mut self) -> Self {
        self.upgrade = Upgrade::Installed;
        self
    }

    /// The point in time at which [`Event::Tick`](super::Event::Tick) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        let children = self.children.iter().filter_map(|child| match child.role {
            Role::Candidate { ready_by } => Some(ready_by),
            Role::Draining { gone_by } => Some(gone_by),
            Role::Active | Role::Killed { .. } => None,
        });
        let upgrade = match self.upgrade {
            Upgrade::Probation { until } => Some(until),
            Upgrade::None | Upgrade::Installed | Upgrade::Starting => None,
        };
        children.chain(upgrade).min()
    }

    /// Whether an upgrade waits for a restart that somebody else asks for.
    pub(crate) fn waits_after_fetch(&self) -> bool {
        self.rules.no_restart || self.rules.no_restart_after_fetch
    }

    /// The child that serves.
    pub(crate) fn active(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Active))
    }

    /// The child that is to serve next.
    pub(crate) fn candidate(&self) -> Option<Generation> {
        self.find(|role| matches!(role, Role::Candidate { .. }))
    }

    /// Whether a child that ended so only did what a signal told it, which proves nothing about its
    /// executable: it died of that signal, or ended, however it likes to, on a Ctrl-C.
    pub(super) fn was_told_to(&self, end: End) -> bool {
        match (self.passed_on, end) {
            (Some(Signal::INT | Signal::QUIT), _) => true,
            (Some(passed_on), End::Signaled { signal, .. }) => passed_on == signal,
            _ => false,
        }
    }

    pub(super) fn draining(&self) -> usize {
        self.children.iter().filter(|child| matches!(child.role, Role::Draining { .. })).count()
    }

    pub(super) fn role(&mut self, generation: Generation) -> Option<&mut Role> {
        self.children
            .iter_mut()
            .find(|child| child.generation == generation)
            .map(|child| &mut child.role)
    }

    fn find(&self, wanted: impl Fn(Role) -> bool) -> Option<Generation> {
        self.children.iter().find(|child| wanted(child.role)).map(|child| child.generation)
    }
}
