//! The end of a child, and what replaces it.

use selfup_signals::End;

use super::{
    Step,
    starting::{Judgement, pause},
};
use crate::{
    action::{Action, Blame, Note, Overdue, Program},
    answer::Failure,
    generation::Generation,
    lifecycle::{Attempts, Child, Phase, Retry, Revival, Role, Upgrade},
    on_exit::OnExit,
};

/// High enough for the pauses between revivals to reach their full length.
const MOST_COUNTED: u32 = 8;

impl Step<'_> {
    pub(super) fn exited(&mut self, generation: Generation, end: End) {
        let Some(child) = self.life.child(generation).copied() else { return };
        self.life.children.retain(|child| child.generation != generation);
        if let Phase::Stopping { mirrored, .. } = self.life.phase {
            if mirrored == Some(generation) {
                self.life.verdict = Some(end);
            }
            return;
        }
        match child.role {
            Role::Candidate { .. } => self.candidate_ended(child, end),
            Role::Active { young_until } => {
                let young = young_until.is_some_and(|until| self.now < until);
                self.active_ended(child, young, end);
            }
            Role::Killed { last_hope: true } => {
                // The master has killed it, so its end means nothing.
                self.report(Note::CandidateFailed(generation, None));
                self.replace_candidate(child, Some(end), Judgement::Failed);
            }
            Role::Draining { .. } | Role::Killed { last_hope: false } => {}
        }
    }

    fn active_ended(&mut self, child: Child, young: bool, end: End) {
        self.life.verdict = Some(end);
        let asked = child.ended_as_asked(end);
        if matches!(self.life.upgrade, Upgrade::Probation { .. }) {
            if asked && self.life.has_successor() {
                // The next child has to show whether the executable works.
                self.back_to_the_start_of_the_trial();
            } else if asked {
                // The master ends, and leaves the upgrade undecided.
            } else if end.success() && !self.life.policy.listens {
                // A program without sockets that ends with 0 has done its work.
                self.commit();
            } else {
                return self.probation_failed(child.generation, end);
            }
        }
        if self.life.has_successor() {
            self.report(Note::ActiveLost(child.generation, end));
        } else if asked {
            self.stop(None);
        } else {
            self.replace_active(child.generation, young, end);
        }
    }

    /// The active child has ended by itself, and no other one is about to take over.
    fn replace_active(&mut self, generation: Generation, young: bool, end: End) {
        match self.life.policy.on_exit {
            // A program without sockets that ends with 0 has done its work.
            OnExit::Respawn(_) if end.success() && !self.life.policy.listens => self.stop(None),
            OnExit::Respawn(_) => {
                if !young {
                    self.life.revival = None;
                }
                self.revive(generation, end);
            }
            OnExit::End if young && !end.success() => self.revive(generation, end),
            OnExit::End => self.stop(None),
        }
    }

    /// No child that serves runs the new executable any more. The next child tries it again.
    pub(super) fn back_to_the_start_of_the_trial(&mut self) {
        if matches!(self.life.upgrade, Upgrade::Probation { .. }) {
            let tried = self.life.children.iter().any(|child| {
                child.program == Program::Trial && matches!(child.role, Role::Candidate { .. })
            });
            self.life.upgrade = if tried { Upgrade::Starting } else { Upgrade::Installed };
        }
    }

    fn probation_failed(&mut self, generation: Generation, end: End) {
        self.report(Note::ProbationFailed(generation, end));
        self.life.upgrade = Upgrade::None;
        self.act(Action::RollBack(Blame::Probation(end)));
        self.restart_failed(Failure::RolledBack(generation, end));
        if let Some(candidate) = self.life.candidate() {
            // It runs the executable that was just rolled back.
            self.kill(candidate, Overdue::RolledBack, false);
        }
        self.spawn();
    }

    /// Starts another child in the place of one that has died.
    ///
    /// By default, this is for a child that died soon after it took over: the service worked before the restart,
    /// and clients should not pay for it. It continues for as long as the replaced child may drain, because
    /// that child may hold a resource that the new one lacks.
    pub(super) fn revive(&mut self, generation: Generation, end: End) {
        let limit = match self.life.policy.on_exit {
            OnExit::End => self.life.policy.terminate_timeout,
            OnExit::Respawn(respawn) => respawn.limit,
        };
        let begins = Revival { children: 0, until: self.now + limit };
        if self.life.revival.is_none() && self.life.fall_back_until.is_some_and(|it| it <= self.now)
        {
            self.life.fall_back_until = None;
        }
        let mut revival = self.life.revival.unwrap_or(begins);
        if revival.until <= self.now {
            match self.life.policy.on_exit {
                // The next child tries it.
                OnExit::Respawn(_) if self.life.upgrade == Upgrade::Installed => {}
                OnExit::Respawn(_) if self.life.fall_back_until.take().is_some() => {
                    self.act(Action::FallBack(end));
                }
                OnExit::Respawn(_) | OnExit::End => return self.stop(None),
            }
            revival = begins;
        }
        let children = (revival.children + 1).min(MOST_COUNTED);
        self.life.revival = Some(Revival { children, ..revival });
        let pause = pause(children);
        self.report(match self.life.policy.on_exit {
            OnExit::End => Note::Revived(generation, end),
            OnExit::Respawn(_) => Note::Respawned(generation, end, pause),
        });
        let at = self.now + pause;
        let attempts = Attempts { failed: 0, until: at + self.life.policy.ready_timeout };
        self.life.retry = Some(Retry { at, attempts });
    }

    pub(super) fn commit(&mut self) {
        self.life.upgrade = Upgrade::None;
        for child in &mut self.life.children {
            child.program = Program::Proven;
        }
        self.life.fall_back_until = match self.life.policy.on_exit {
            OnExit::End => None,
            OnExit::Respawn(respawn) => Some(self.now + respawn.fall_back),
        };
        self.act(Action::Commit);
        self.committed();
    }
}
