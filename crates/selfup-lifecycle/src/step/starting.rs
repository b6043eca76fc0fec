//! The start of a child, until it serves or has failed.

use std::time::Duration;

use selfup_signals::End;

use super::Step;
use crate::{
    action::{Action, Blame, Note, Overdue, Program},
    answer::Failure,
    generation::Generation,
    input::{Cause, Unsuitable},
    lifecycle::{Attempts, Child, Phase, Retry, Role, Upgrade},
    on_exit::OnExit,
    signal_set::SignalSet,
};

/// What the end of a candidate shows about its executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The executable cannot serve.
    Failed,
    /// Nothing: a signal that the master forwarded has ended the child. It is tried again.
    Excused,
    /// Nothing: it never ran, or cannot run under this master.
    Unjudged,
}

/// How the master ends if no child could be started: with 1, as such a program does.
const COULD_NOT_START: End = End::Exited(1);

/// The pause after the first failed attempt to start a child. Each further pause is twice as long, up to
/// [`LONGEST_PAUSE`].
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Returns the pause after this many failed attempts.
pub(super) fn pause(failed: u32) -> Duration {
    let factor = 2_u32.saturating_pow(failed.saturating_sub(1));
    SHORTEST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

impl Step<'_> {
    pub(super) fn spawn(&mut self) {
        let until = self.now + self.life.policy.ready_timeout;
        self.spawn_after(Attempts { failed: 0, until });
    }

    fn spawn_after(&mut self, attempts: Attempts) {
        let generation = self.life.next;
        self.life.next = generation.next();
        self.life.retry = None;
        let program = self.life.program();
        if self.life.upgrade == Upgrade::Installed {
            self.life.upgrade = Upgrade::Starting;
        }
        let role = Role::Candidate { ready_by: self.now + self.life.policy.ready_timeout };
        let sent = SignalSet::default();
        self.life.children.push(Child { generation, role, program, sent, attempts });
        self.act(Action::Spawn(generation, program));
    }

    /// Attempts a failed start again, if that is due.
    pub(super) fn retry(&mut self) {
        if let Some(Retry { at, attempts }) = self.life.retry
            && at <= self.now
        {
            self.spawn_after(attempts);
        }
    }

    /// A failure to start is never held against the executable: a verified one fails to start for lack of
    /// memory, processes or descriptors, or because its file was changed.
    pub(super) fn spawn_failed(&mut self, generation: Generation, transient: bool) {
        let Some(child) = self.life.child(generation).copied() else { return };
        self.life.children.retain(|child| child.generation != generation);
        let failed = child.attempts.failed.saturating_add(1);
        let at = self.now + pause(failed);
        if transient && at <= child.attempts.until && self.life.phase == Phase::Serving {
            let attempts = Attempts { failed, ..child.attempts };
            self.life.retry = Some(Retry { at, attempts });
        } else {
            self.restart_failed(Failure::NotStarted(generation));
            self.candidate_failed(child, None, Judgement::Unjudged);
        }
    }

    pub(super) fn ready(&mut self, generation: Generation) {
        if self.life.candidate() != Some(generation) || self.life.phase != Phase::Serving {
            return;
        }
        let young_until = match self.life.policy.on_exit {
            OnExit::Respawn(respawn) => Some(self.now + respawn.limit),
            // The first child replaces none: if it dies, the service ends as the program does.
            OnExit::End if generation == Generation::FIRST => None,
            OnExit::End => Some(self.now + self.life.policy.probation),
        };
        if let Some(old) = self.life.active() {
            self.drain(old);
        }
        self.set_role(generation, Role::Active { young_until });
        self.life.verdict = None;
        if self.life.upgrade == Upgrade::Starting {
            let until = self.now + self.life.policy.probation;
            self.life.upgrade = Upgrade::Probation { until };
        }
        self.act(Action::Promote(generation));
        self.serves(generation);
        for held in std::mem::take(&mut self.life.held) {
            self.send(generation, held.arrived);
        }
    }

    /// Only a candidate can be unsuitable: a child that serves has reported before that it can.
    pub(super) fn unsuitable(&mut self, generation: Generation, why: Unsuitable) {
        if self.life.candidate() == Some(generation) {
            self.kill_candidate(generation, Overdue::Unsuitable(why), Judgement::Unjudged);
        }
    }

    /// The ready timeout has passed.
    pub(super) fn late(&mut self, generation: Generation) {
        if self.life.active().is_some() || self.life.upgrade == Upgrade::Starting {
            self.kill_candidate(generation, Overdue::Ready, Judgement::Failed);
        } else {
            // No other child serves, so killing it would not help.
            self.report(Note::AssumedReady(generation));
            self.ready(generation);
        }
    }

    /// If another child serves, the candidate has failed at this moment. Otherwise the next child has to
    /// wait for the end of this one, so that two never serve at once.
    fn kill_candidate(&mut self, generation: Generation, overdue: Overdue, judged: Judgement) {
        let Some(child) = self.life.child(generation).copied() else { return };
        let last_hope = self.life.active().is_none();
        self.restart_failed(match overdue {
            Overdue::Unsuitable(why) => Failure::Unsuitable(generation, why),
            _ => Failure::Late(generation),
        });
        self.kill(generation, overdue, last_hope);
        if last_hope {
            self.judge(None, judged);
        } else {
            self.candidate_failed(child, None, judged);
        }
    }

    /// A candidate has ended by itself.
    pub(super) fn candidate_ended(&mut self, child: Child, end: End) {
        let asked = child.ended_as_asked(end);
        let judgement = if asked { Judgement::Excused } else { Judgement::Failed };
        if asked && self.life.upgrade == Upgrade::Starting && self.life.active().is_some() {
            self.restart_begins_again();
        } else {
            self.restart_failed(Failure::Crashed(child.generation, end));
        }
        self.candidate_failed(child, Some(end), judgement);
    }

    /// A candidate has failed, with this end if it was started.
    pub(super) fn candidate_failed(
        &mut self,
        child: Child,
        end: Option<End>,
        judgement: Judgement,
    ) {
        if self.life.phase != Phase::Serving {
            self.life.verdict.get_or_insert(end.unwrap_or(COULD_NOT_START));
            return;
        }
        self.report(Note::CandidateFailed(child.generation, end));
        self.judge(end, judgement);
        if self.life.active().is_some() {
            self.life.held.retain(|held| !held.delivered);
        } else {
            self.replace_candidate(child, end, judgement);
        }
    }

    /// Decides about the executable of a failed candidate. If another child runs it and serves, the
    /// probation of that child decides instead.
    fn judge(&mut self, end: Option<End>, judgement: Judgement) {
        if self.life.upgrade != Upgrade::Starting {
            return;
        }
        self.life.upgrade = Upgrade::None;
        match judgement {
            Judgement::Failed => self.act(Action::RollBack(Blame::NotReady(end))),
            Judgement::Unjudged => self.act(Action::Shelve),
            Judgement::Excused => {
                self.life.upgrade = Upgrade::Installed;
                if self.life.active().is_some() {
                    self.life.queued.get_or_insert(Cause::Upgrade);
                }
            }
        }
    }

    /// The candidate has failed, and no child serves. If the candidate ran an executable on trial, a child
    /// with the proven one is started; if it ran the proven one, the master ends.
    pub(super) fn replace_candidate(
        &mut self,
        child: Child,
        end: Option<End>,
        judgement: Judgement,
    ) {
        let end = end.unwrap_or(COULD_NOT_START);
        self.life.verdict.get_or_insert(end);
        match (child.program, judgement) {
            (_, Judgement::Excused) => self.stop(None),
            (Program::Trial, _) => self.spawn(),
            (Program::Proven, _) if self.life.revival.is_some() => {
                self.revive(child.generation, end);
            }
            (Program::Proven, _) => self.stop(None),
        }
    }
}
