//! Which states of the model count as one: those that differ only in the numbers of the generations, in the time
//! that has passed, and in values that no rule reads.
//!
//! Generations are renumbered from the oldest child that lives, and a deadline is the time that is left.

use super::{model::Model, *};
use crate::{
    action::Program,
    input::Cause,
    lifecycle::{Attempts, Child, Phase, Role, Upgrade},
    signal_set::SignalSet,
};

/// The longest timeout in seconds.
pub(super) const LONGEST: u64 = 2;

impl Model {
    /// The same state, without the values that no rule reads any more.
    pub(super) fn canonical(mut self, now: Time) -> Self {
        self.leave_what_is_left(now);
        self.forget();
        self.rename();
        self
    }

    /// Replaces each deadline by the time that is left, in whole seconds, so that the short pauses between
    /// attempts do not multiply the states. More than the longest timeout counts as that.
    fn leave_what_is_left(&mut self, now: Time) {
        let life = &mut self.life;
        let left = |at: &mut Time| {
            let seconds = now.until(*at).as_millis().div_ceil(1000);
            *at = second(u64::try_from(seconds).unwrap().min(LONGEST));
        };
        for child in &mut life.children {
            left(&mut child.attempts.until);
            match &mut child.role {
                Role::Candidate { ready_by: at } | Role::Draining { gone_by: at } => left(at),
                Role::Active { young_until } => {
                    *young_until = young_until.filter(|until| *until > now);
                    young_until.iter_mut().for_each(left);
                }
                Role::Killed { .. } => {}
            }
        }
        if let Upgrade::Probation { until } = &mut life.upgrade {
            left(until);
        }
        if let Some(retry) = &mut life.retry {
            left(&mut retry.at);
            left(&mut retry.attempts.until);
        }
        if let Some(revival) = &mut life.revival {
            left(&mut revival.until);
        }
        life.fall_back_until.iter_mut().for_each(left);
        if let Phase::Stopping { second_from: Some(from), .. } = &mut life.phase {
            left(from);
        }
    }

    fn forget(&mut self) {
        for child in &mut self.life.children {
            let is_over =
                matches!(child.role, Role::Draining { .. } | Role::Killed { last_hope: false });
            if self.starting != Some(child.generation) {
                child.attempts = Attempts { failed: 0, until: Time::start() };
            }
            let truth = self.truth.iter_mut().find(|truth| truth.generation == child.generation);
            let asked = truth.is_some_and(|truth| {
                truth.asked &= !is_over;
                if is_over {
                    truth.program = Program::Proven;
                }
                truth.asked
            });
            child.sent = SignalSet::default();
            if asked {
                child.sent.insert(Signal::INT);
            }
            if is_over {
                child.program = Program::Proven;
            }
        }
        if let Some(revival) = &mut self.life.revival {
            revival.children = 1;
        }
        self.life.queued = self.life.queued.map(|_| Cause::Call);
        self.life.verdict = self.life.verdict.map(|_| FINE);
    }

    /// Renumbers the generations consecutively. The very first keeps its number, because it has replaced
    /// none.
    fn rename(&mut self) {
        let first = |child: &Child| child.generation == Generation::FIRST;
        let offset = if self.life.children.first().is_some_and(first) { 1 } else { 2 };
        let old: Vec<Generation> =
            self.life.children.iter().map(|child| child.generation).collect();
        let renamed = |wanted: Generation| {
            let index = old.iter().position(|old| *old == wanted)?;
            Some(generation(u64::try_from(index).unwrap() + offset))
        };
        let known = |old| renamed(old).expect("a child that lives");
        for child in &mut self.life.children {
            child.generation = known(child.generation);
        }
        for truth in &mut self.truth {
            truth.generation = known(truth.generation);
        }
        self.life.next = generation(u64::try_from(old.len()).unwrap() + offset);
        self.starting = self.starting.map(known);
        if let Phase::Stopping { mirrored: Some(mirrored), .. } = &mut self.life.phase {
            // If it has ended, its end is recorded already.
            *mirrored = renamed(*mirrored).unwrap_or_else(|| generation(u64::MAX));
        }
    }
}
