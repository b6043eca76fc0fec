//! The end of the master.

use std::time::Duration;

use selfup_signals::End;

use super::Step;
use crate::{
    action::{Action, Note},
    generation::Generation,
    input::Arrived,
    lifecycle::{Phase, Role, Upgrade},
};

/// How long after the first SIGTERM another one counts as the second: some senders signal a process and
/// then its whole group.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);

/// How long a child may take to end after [`Action::Hasten`].
const HASTE: Duration = Duration::from_secs(1);

impl Step<'_> {
    /// Drains the program. The master ends as the program ends.
    pub(super) fn shut_down(&mut self) {
        let mirrored = self.whose_end_counts();
        if let Some(generation) = self.life.active().or(self.life.candidate()) {
            self.drain(generation);
        }
        self.stop(mirrored);
    }

    pub(super) fn terminate(&mut self, arrived: Arrived) {
        let drains = self.life.policy.drain_on_terminate;
        if drains && self.was_asked_before() {
            return self.hasten();
        }
        if drains {
            return self.drain_all();
        }
        self.send_to_all(arrived);
        self.stop_all();
    }

    /// Drains every child, and ends.
    pub(super) fn drain_all(&mut self) {
        for child in [self.life.active(), self.life.candidate()].into_iter().flatten() {
            self.act(Action::Drain(child));
        }
        self.stop_all();
    }

    fn was_asked_before(&self) -> bool {
        match self.life.phase {
            Phase::Stopping { second_from: Some(from), .. } => from <= self.now,
            _ => false,
        }
    }

    /// A second SIGTERM means not to wait for the requests under way.
    fn hasten(&mut self) {
        let by = self.now + HASTE;
        for generation in self.generations() {
            if let Some(child) = self.life.child(generation)
                && let Role::Draining { gone_by } = &mut child.role
            {
                *gone_by = by.min(*gone_by);
                self.act(Action::Hasten(generation));
            }
        }
    }

    /// Gives every child, all of which have been asked to end, a deadline.
    fn stop_all(&mut self) {
        let gone_by = self.now + self.life.policy.terminate_timeout;
        let mirrored = self.whose_end_counts();
        for child in &mut self.life.children {
            match &mut child.role {
                Role::Killed { .. } => {}
                Role::Draining { gone_by: earlier } if *earlier <= gone_by => {}
                role => *role = Role::Draining { gone_by },
            }
        }
        if self.life.phase == Phase::Serving {
            self.stop(mirrored);
        }
        if let Phase::Stopping { second_from: from @ None, .. } = &mut self.life.phase {
            *from = Some(self.now + SECOND_THOUGHTS);
        }
    }

    /// Stops: no further child is started.
    pub(super) fn stop(&mut self, mirrored: Option<Generation>) {
        self.life.phase = Phase::Stopping { mirrored, second_from: None };
        if let Some(cause) = self.life.queued.take() {
            self.report(Note::RestartIgnored(cause));
        }
        self.life.retry = None;
        self.life.held.clear();
        self.report(Note::Stopping);
        // An end that the executable is to blame for has been handled before this.
        if matches!(self.life.upgrade, Upgrade::Starting | Upgrade::Probation { .. }) {
            self.act(Action::Excuse);
        }
        self.act(Action::CloseSockets);
    }

    pub(super) fn end_with_the_last_child(&mut self) {
        if let Phase::Stopping { .. } = self.life.phase
            && self.life.children.is_empty()
        {
            self.life.phase = Phase::Ended;
            self.act(Action::EndLike(self.life.verdict.unwrap_or(End::Exited(0))));
        }
    }

    fn whose_end_counts(&self) -> Option<Generation> {
        let youngest = self.life.children.last().map(|child| child.generation);
        self.life.active().or(self.life.candidate()).or(youngest)
    }
}
