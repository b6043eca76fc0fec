//! Requests for a restart, and when it begins.

use super::Step;
use crate::{
    action::{Action, Blame, Note, Overdue, Program},
    answer::Failure,
    generation::Generation,
    handover::Handover,
    input::Cause,
    lifecycle::{Child, Phase, Role, Upgrade},
    restarts::Restarts,
};

impl Step<'_> {
    pub(super) fn restart(&mut self, cause: Cause) {
        if self.life.phase != Phase::Serving {
            self.report(Note::RestartIgnored(cause));
        } else if self.life.policy.restarts == Restarts::Never {
            self.shut_down();
        } else {
            self.life.queued = Some(cause);
            if !self.may_restart() {
                self.report(Note::RestartWaits(cause));
            }
        }
    }

    /// A child that drains has been replaced, so the restart that it requests has happened.
    pub(super) fn asked_to_restart(&mut self, generation: Generation) {
        match self.life.child(generation).map(|child| child.role) {
            Some(Role::Candidate { .. } | Role::Active { .. }) => self.restart(Cause::Call),
            _ if self.life.phase == Phase::Serving => {
                self.report(Note::RestartOutdated(generation));
            }
            _ => self.report(Note::RestartIgnored(Cause::Call)),
        }
    }

    pub(super) fn installed(&mut self) {
        self.life.upgrade = Upgrade::Installed;
        if !self.life.policy.waits_for_a_restart() && self.life.phase == Phase::Serving {
            self.restart(Cause::Upgrade);
        }
    }

    /// The next restart tries the executable at the path, unless another one is undecided.
    pub(super) fn replaced(&mut self) {
        if self.life.upgrade == Upgrade::None {
            self.life.upgrade = Upgrade::Installed;
        }
    }

    /// Replaces the children that run the executable that was rolled back.
    pub(super) fn rolled_back(&mut self) {
        if self.life.upgrade == Upgrade::None {
            return;
        }
        self.life.upgrade = Upgrade::None;
        self.act(Action::RollBack(Blame::ByHand));
        if self.life.phase != Phase::Serving {
            return;
        }
        let tries = |child: &Child| child.program == Program::Trial;
        self.commit_is_off(Failure::RolledBackByHand);
        if self.life.children.iter().any(tries) {
            self.restart_failed(Failure::RolledBackByHand);
        }
        if let Some(candidate) = self.life.candidate()
            && self.life.child(candidate).is_some_and(|child| tries(child))
        {
            let last_hope = self.life.active().is_none();
            self.kill(candidate, Overdue::RolledBack, last_hope);
        }
        if let Some(active) = self.life.active()
            && let Some(child) = self.life.child(active).filter(|child| tries(child))
        {
            // Its executable is not on trial any more, and another one may be before it is replaced.
            child.program = Program::Proven;
        }
    }

    fn may_restart(&self) -> bool {
        !self.life.has_successor()
            && (self.life.active().is_some() || self.life.children.is_empty())
            && self.life.draining() < self.life.policy.max_draining
    }

    pub(super) fn begin_queued_restart(&mut self) {
        let Some(cause) = self.life.queued else { return };
        if self.life.phase != Phase::Serving || !self.may_restart() {
            return;
        }
        self.life.revival = None;
        match (self.life.policy.handover, self.life.active()) {
            (Handover::Sequential, Some(active)) => {
                self.report(Note::Restarting(cause));
                self.restart_begins();
                self.drain(active);
                self.back_to_the_start_of_the_trial();
            }
            (Handover::Sequential, None) => {
                self.life.queued = None;
                self.restart_begins();
                self.spawn();
            }
            (Handover::Overlap, _) => {
                self.life.queued = None;
                self.report(Note::Restarting(cause));
                self.restart_begins();
                self.spawn();
            }
        }
    }
}
