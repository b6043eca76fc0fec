//! The start of a child, until it serves or has failed.

use std::time::Duration;

use selfup_signals::End;

use super::Step;
use crate::{
    action::{Action, Blame, Note, Overdue, Program},
    event::{Cause, Unsuitable},
    generation::Generation,
    lifecycle::{Attempts, Child, Phase, Retry, Role, Upgrade},
    signal_set::SignalSet,
};

/// What the end of a candidate says of the executable that it tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It cannot serve.
    Failed,
    /// Nothing: a signal of the master's ended the child. It is tried again.
    Excused,
    /// Nothing: it never ran, or cannot run under this master.
    Unjudged,
}

/// How the master ends if no child could be started: 1 is what such a program returns.
const COULD_NOT_START: End = End::Exited(1);

/// The pause after the first attempt to start a child that failed for want of something; each
/// further one is twice as long, up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause after the attempt of that number.
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

    /// Attempts a start again that has failed before, if its time has come.
    pub(super) fn retry(&mut self) {
        if let Some(Retry { at, attempts }) = self.life.retry
            && at <= self.now
        {
            self.spawn_after(attempts);
        }
    }

    /// A failure to start is never held against the executable: a verified one fails to start for
    /// want of memory, processes or descriptors, or because somebody meddled with its file.
    pub(super) fn spawn_failed(&mut self, generation: Generation, passing: bool) {
        let Some(child) = self.life.child(generation).copied() else { return };
        self.life.children.retain(|child| child.generation != generation);
        let failed = child.attempts.failed.saturating_add(1);
        let at = self.now + pause(failed);
        if passing && at <= child.attempts.until && self.life.phase == Phase::Serving {
            let attempts = Attempts { failed, ..child.attempts };
            self.life.retry = Some(Retry { at, attempts });
        } else {
            self.candidate_failed(child, None, Judgement::Unjudged);
        }
    }

    pub(super) fn ready(&mut self, generation: Generation) {
        if self.life.candidate() != Some(generation) || self.life.phase != Phase::Serving {
            return;
        }
        // The first child replaces nobody: if it dies, the service ends as the program would.
        let replaces = generation != Generation::FIRST;
        let young_until = replaces.then(|| self.now + self.life.policy.probation);
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
        for held in std::mem::take(&mut self.life.held) {
            self.send(generation, held.arrived);
        }
    }

    /// A child that serves has said before that it can; only a candidate can be unsuitable.
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
            // Nothing else serves: killing it would help nobody.
            self.report(Note::AssumedReady(generation));
            self.ready(generation);
        }
    }

    /// With somebody to fall back to, the candidate has failed here and now; without, its end is
    /// waited for, so that two never serve at once.
    fn kill_candidate(&mut self, generation: Generation, overdue: Overdue, judged: Judgement) {
        let Some(child) = self.life.child(generation).copied() else { return };
        let last_hope = self.life.active().is_none();
        self.kill(generation, overdue, last_hope);
        if last_hope {
            self.judge(None, judged);
        } else {
            self.candidate_failed(child, None, judged);
        }
    }

    /// The end of a candidate that ended by itself.
    pub(super) fn candidate_ended(&mut self, child: Child, end: End) {
        let told = child.was_told_to(end);
        let judgement = if told { Judgement::Excused } else { Judgement::Failed };
        self.candidate_failed(child, Some(end), judgement);
    }

    /// A candidate has ended, or did not get as far.
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

    /// What becomes of an executable that only the failed candidate was to prove. Where another
    /// child runs it and serves, that one's probation decides.
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

    /// Nobody serves, and the candidate has failed: the proven executable takes the place of one
    /// that was on trial. If it was the proven one, the master ends.
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
