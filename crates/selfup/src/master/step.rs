//! The heart of the master: what follows from what.
//!
//! [`step`] does no input or output and reads no clock. Everything that the master ever does is
//! decided here, from the [`Lifecycle`] and one [`Event`].

use selfup_signals::{End, Signal};

use super::{
    Action, Arrived, Cause, Event, Generation, Lifecycle, Note, Overdue, Time,
    action::Blame,
    lifecycle::{Child, Phase, Role, Upgrade},
};

/// What the master is after `event`, and what is to be done because of it, in this order.
pub(crate) fn step(lifecycle: Lifecycle, now: Time, event: Event) -> (Lifecycle, Vec<Action>) {
    let mut step = Step { life: lifecycle, now, actions: Vec::new() };
    if step.life.phase != Phase::Ended {
        step.apply(event);
        step.begin_queued_restart();
        step.end_with_the_last_child();
    }
    (step.life, step.actions)
}

struct Step {
    life: Lifecycle,
    now: Time,
    actions: Vec<Action>,
}

impl Step {
    fn apply(&mut self, event: Event) {
        match event {
            Event::Start => self.spawn(),
            Event::SpawnFailed(generation) => self.spawn_failed(generation),
            Event::Ready(generation) => self.ready(generation),
            Event::Incompatible(generation) => self.incompatible(generation),
            Event::Exited(generation, end) => self.exited(generation, end),
            Event::Signal(arrived) => self.signal(arrived),
            Event::Restart(cause) => self.restart(cause),
            Event::Installed => self.installed(),
            Event::Tick => self.tick(),
            Event::Resumed(after) => self.resumed(after),
        }
    }

    // Starting a child

    fn spawn(&mut self) {
        let generation = self.life.next;
        self.life.next = generation.next();
        if self.life.upgrade == Upgrade::Installed {
            self.life.upgrade = Upgrade::Starting;
        }
        let ready_by = self.now + self.life.rules.ready_timeout;
        self.life.children.push(Child { generation, role: Role::Candidate { ready_by } });
        self.act(Action::Spawn(generation));
    }

    fn spawn_failed(&mut self, generation: Generation) {
        self.life.children.retain(|child| child.generation != generation);
        self.candidate_failed(generation, None);
    }

    fn ready(&mut self, generation: Generation) {
        if self.life.candidate() != Some(generation) || self.life.phase != Phase::Serving {
            return;
        }
        if let Some(old) = self.life.active() {
            self.drain(old);
        }
        self.set_role(generation, Role::Active);
        self.life.verdict = None;
        self.life.passed_on = None;
        if self.life.upgrade == Upgrade::Starting {
            let until = self.now + self.life.rules.probation;
            self.life.upgrade = Upgrade::Probation { until };
        }
        self.tell(Note::Serving(generation));
        for arrived in std::mem::take(&mut self.life.held) {
            self.act(Action::Send(generation, arrived));
        }
    }

    fn incompatible(&mut self, generation: Generation) {
        // A child that serves has said its version before; only a candidate can be refused.
        if self.life.candidate() == Some(generation) {
            self.kill_candidate(generation, Overdue::Protocol);
        }
    }

    // The end of a child

    fn exited(&mut self, generation: Generation, end: End) {
        let Some(role) = self.life.role(generation).copied() else { return };
        self.life.children.retain(|child| child.generation != generation);
        if let Phase::Stopping { mirrored } = self.life.phase {
            if mirrored == Some(generation) {
                self.life.verdict = Some(end);
            }
            return;
        }
        match role {
            Role::Candidate { .. } => self.candidate_failed(generation, Some(end)),
            Role::Active => self.active_ended(generation, end),
            Role::Draining { .. } => self.tell(Note::Drained(generation, end)),
            Role::Killed { last_hope: true } => self.candidate_failed(generation, Some(end)),
            Role::Killed { last_hope: false } => self.tell(Note::Drained(generation, end)),
        }
    }

    fn candidate_failed(&mut self, generation: Generation, end: Option<End>) {
        // Without an end to mirror: 1 is what a program that could not start returns.
        let verdict = end.unwrap_or(End::Exited(1));
        if self.life.phase != Phase::Serving {
            self.life.verdict.get_or_insert(verdict);
            return;
        }
        self.tell(Note::CandidateFailed(generation, end));
        let told = end.is_some_and(|end| self.life.was_told_to(end));
        if told && self.life.upgrade == Upgrade::Starting {
            self.life.upgrade = Upgrade::Installed;
        }
        let reverted = !told && self.revert(Blame::NotReady(end));
        if self.life.active().is_some() {
            return;
        }
        self.life.verdict.get_or_insert(verdict);
        if reverted {
            self.spawn();
        } else {
            self.stop(None);
        }
    }

    fn active_ended(&mut self, generation: Generation, end: End) {
        self.life.verdict = Some(end);
        if matches!(self.life.upgrade, Upgrade::Probation { .. }) {
            if end.success() {
                self.commit();
            } else if !self.life.was_told_to(end) {
                return self.probation_failed(generation, end);
            }
        }
        if self.life.candidate().is_some() {
            self.tell(Note::ActiveLost(generation, end));
        } else {
            self.stop(None);
        }
    }

    fn probation_failed(&mut self, generation: Generation, end: End) {
        self.tell(Note::ProbationFailed(generation, end));
        self.revert(Blame::Probation(end));
        if let Some(candidate) = self.life.candidate() {
            // It runs the executable that was just taken back.
            self.kill(candidate, Overdue::Reverted, false);
        }
        self.spawn();
    }

    // Signals

    fn signal(&mut self, arrived: Arrived) {
        match arrived.signal() {
            signal if signal == self.life.rules.restart_signal => self.restart(Cause::Signal),
            Signal::TERM => self.terminate(arrived),
            Signal::INT | Signal::QUIT => self.send_to_all(arrived),
            Signal::TSTP | Signal::TTIN | Signal::TTOU => {
                self.send_to_all(arrived);
                self.act(Action::StopSelf(arrived));
            }
            _ => self.send_to_the_program(arrived),
        }
    }

    fn send_to_all(&mut self, arrived: Arrived) {
        self.life.passed_on = Some(arrived.signal());
        for generation in self.generations() {
            self.act(Action::Send(generation, arrived));
        }
    }

    /// Before it is ready, a child may not have its handlers yet, and would die of the signal.
    fn send_to_the_program(&mut self, arrived: Arrived) {
        if let Some(active) = self.life.active() {
            self.life.passed_on = Some(arrived.signal());
            self.act(Action::Send(active, arrived));
        } else if let Phase::Stopping { mirrored } = self.life.phase {
            let still_there = mirrored.filter(|whose| self.life.role(*whose).is_some());
            if let Some(generation) = still_there {
                self.act(Action::Send(generation, arrived));
            }
        } else if !arrived.group_has_it {
            self.life.held.push(arrived);
            self.tell(Note::SignalWaits(arrived));
        }
    }

    fn resumed(&mut self, after: std::time::Duration) {
        for child in &mut self.life.children {
            match &mut child.role {
                Role::Candidate { ready_by: deadline } | Role::Draining { gone_by: deadline } => {
                    *deadline = *deadline + after;
                }
                Role::Active | Role::Killed { .. } => {}
            }
        }
        if let Upgrade::Probation { until } = &mut self.life.upgrade {
            *until = *until + after;
        }
        for generation in self.generations() {
            self.act(Action::Continue(generation));
        }
    }

    // Restarting

    fn restart(&mut self, cause: Cause) {
        if self.life.phase != Phase::Serving {
            self.tell(Note::RestartIgnored(cause));
        } else if self.life.rules.no_restart {
            self.shut_down();
        } else {
            self.life.queued = Some(cause);
            if !self.may_restart() {
                self.tell(Note::RestartWaits(cause));
            }
        }
    }

    fn installed(&mut self) {
        self.life.upgrade = Upgrade::Installed;
        if self.life.rules.no_restart {
            // The next start is somebody else's; there is no child to prove it.
            self.commit();
        } else if !self.life.rules.no_restart_after_fetch {
            self.restart(Cause::Upgrade);
        }
    }

    fn may_restart(&self) -> bool {
        self.life.candidate().is_none()
            && (self.life.active().is_some() || self.life.children.is_empty())
            && self.life.draining() < self.life.rules.max_draining
    }

    fn begin_queued_restart(&mut self) {
        let Some(cause) = self.life.queued else { return };
        if self.life.phase != Phase::Serving || !self.may_restart() {
            return;
        }
        match (self.life.rules.handover, self.life.active()) {
            (crate::Handover::Sequential, Some(active)) => {
                self.tell(Note::Restarting(cause));
                self.drain(active);
            }
            (crate::Handover::Sequential, None) if !self.life.children.is_empty() => {}
            (crate::Handover::Sequential, None) => {
                self.life.queued = None;
                self.spawn();
            }
            (crate::Handover::Overlap, _) => {
                self.life.queued = None;
                self.tell(Note::Restarting(cause));
                self.spawn();
            }
        }
    }

    // Time

    fn tick(&mut self) {
        let now = self.now;
        for child in self.life.children.clone() {
            match child.role {
                Role::Candidate { ready_by } if ready_by <= now => self.late(child.generation),
                Role::Draining { gone_by } if gone_by <= now => {
                    self.kill(child.generation, Overdue::Exit, false);
                }
                _ => {}
            }
        }
        if matches!(self.life.upgrade, Upgrade::Probation { until } if until <= now) {
            self.commit();
        }
    }

    fn late(&mut self, generation: Generation) {
        if self.life.active().is_some() || self.life.upgrade == Upgrade::Starting {
            self.kill_candidate(generation, Overdue::Ready);
        } else {
            // Nothing else serves: killing it would help nobody.
            self.tell(Note::CountsAsReady(generation));
            self.ready(generation);
        }
    }

    // Stopping

    /// The program is to finish what it has; the master ends as it ends.
    fn shut_down(&mut self) {
        let mirrored = self.whose_end_counts();
        if let Some(generation) = self.life.active().or(self.life.candidate()) {
            self.drain(generation);
        }
        self.stop(mirrored);
    }

    fn terminate(&mut self, arrived: Arrived) {
        if self.life.rules.drain_on_terminate {
            for child in [self.life.active(), self.life.candidate()].into_iter().flatten() {
                self.act(Action::Drain(child));
            }
        } else {
            self.send_to_all(arrived);
        }
        self.stop_all();
    }

    /// Every child was told to end; whoever has not done so in time is killed.
    fn stop_all(&mut self) {
        let gone_by = self.now + self.life.rules.terminate_timeout;
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
    }

    fn stop(&mut self, mirrored: Option<Generation>) {
        self.life.phase = Phase::Stopping { mirrored };
        self.life.queued = None;
        self.life.held.clear();
        self.tell(Note::Stopping);
        let ordered =
            mirrored.is_some() || self.life.verdict.is_some_and(|end| self.life.was_told_to(end));
        if ordered && self.life.upgrade != Upgrade::None {
            self.act(Action::Excuse);
        }
        self.act(Action::CloseSockets);
    }

    fn end_with_the_last_child(&mut self) {
        if let Phase::Stopping { .. } = self.life.phase
            && self.life.children.is_empty()
        {
            self.life.phase = Phase::Ended;
            self.act(Action::EndLike(self.life.verdict.unwrap_or(End::Exited(0))));
        }
    }

    // Small steps

    fn drain(&mut self, generation: Generation) {
        let gone_by = self.now + self.life.rules.terminate_timeout;
        self.set_role(generation, Role::Draining { gone_by });
        self.act(Action::Drain(generation));
    }

    fn kill(&mut self, generation: Generation, overdue: Overdue, last_hope: bool) {
        self.set_role(generation, Role::Killed { last_hope });
        self.act(Action::Kill(generation, overdue));
    }

    /// With somebody to fall back to, the candidate has failed here and now; without, its end
    /// decides when it comes.
    fn kill_candidate(&mut self, generation: Generation, overdue: Overdue) {
        let last_hope = self.life.active().is_none();
        self.kill(generation, overdue, last_hope);
        if !last_hope {
            self.candidate_failed(generation, None);
        }
    }

    fn commit(&mut self) {
        self.life.upgrade = Upgrade::None;
        self.act(Action::Commit);
    }

    fn whose_end_counts(&self) -> Option<Generation> {
        let youngest = self.life.children.last().map(|child| child.generation);
        self.life.active().or(self.life.candidate()).or(youngest)
    }

    /// Takes back an executable that has not been decided about; says whether there was one.
    fn revert(&mut self, blame: Blame) -> bool {
        let tried = matches!(self.life.upgrade, Upgrade::Starting | Upgrade::Probation { .. });
        if tried {
            self.life.upgrade = Upgrade::None;
            self.act(Action::Revert(blame));
        }
        tried
    }

    fn set_role(&mut self, generation: Generation, new: Role) {
        if let Some(role) = self.life.role(generation) {
            *role = new;
        }
    }

    fn generations(&self) -> Vec<Generation> {
        self.life.children.iter().map(|child| child.generation).collect()
    }

    fn tell(&mut self, note: Note) {
        self.act(Action::Tell(note));
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}
