//! The end of the master.

use std::time::Duration;

use selfup_signals::End;

use super::Step;
use crate::{
    action::{Action, Note},
    event::Arrived,
    generation::Generation,
    lifecycle::{Phase, Role, Upgrade},
};

/// A second SIGTERM counts as one of its own only so long after the first: some senders signal a
/// process and then its whole group.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);

/// How long a child may take to end once it was hastened.
const HASTE: Duration = Duration::from_secs(1);

impl Step<'_> {
    /// The program is to finish what it has; the master ends as it ends.
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
            for child in [self.life.active(), self.life.candidate()].into_iter().flatten() {
                self.act(Action::Drain(child));
            }
        } else {
            self.send_to_all(arrived);
        }
        self.stop_all();
    }

    fn was_asked_before(&self) -> bool {
        match self.life.phase {
            Phase::Stopping { second_from: Some(from), .. } => from <= self.now,
            _ => false,
        }
    }

    /// Who asks twice does not want to wait for the requests that are under way.
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

    /// Every child was asked to end; those that have not done so in time are killed.
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

    /// Starts nothing any more.
    pub(super) fn stop(&mut self, mirrored: Option<Generation>) {
        self.life.phase = Phase::Stopping { mirrored, second_from: None };
        if let Some(cause) = self.life.queued.take() {
            self.report(Note::RestartIgnored(cause));
        }
        self.life.retry = None;
        self.life.held.clear();
        self.report(Note::Stopping);
        // What an undecided executable could be blamed for was decided about before.
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
