//! A master and the processes around it, with the rules that each step has to keep.

use super::*;
use crate::{
    action::{Blame, Program},
    input::Cause,
    lifecycle::{Child, Phase, Role, Upgrade},
    on_exit::OnExit,
};

/// With more children than this, the search only applies their ends.
const CHILDREN: usize = 4;

/// The number of new executables that arrive.
const UPGRADES: u8 = 2;

const BY_INT: End = End::Signaled { signal: Signal::INT, core_dumped: false };
const KILLED: End = End::Signaled { signal: Signal::KILL, core_dumped: false };

/// A master and the processes around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Model {
    pub(super) life: Lifecycle,
    /// The facts about the children, apart from what the lifecycle knows.
    pub(super) truth: Vec<Truth>,
    /// A child that is being started. The start may fail.
    pub(super) starting: Option<Generation>,
    /// Whether there is a new executable that has not been decided about.
    undecided: bool,
    /// Whether an executable was committed, and was not left again, where that matters.
    committed: bool,
    upgrades_left: u8,
    pub(super) ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Truth {
    pub(super) generation: Generation,
    pub(super) program: Program,
    /// Whether it was sent a signal that asks a program to end.
    pub(super) asked: bool,
    killed: bool,
}

/// One input for a model, with the time that passes before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Started,
    Happens(Duration, Input),
}

pub(super) type Broken = String;

impl Model {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            life: Lifecycle::new(policy),
            truth: Vec::new(),
            starting: None,
            undecided: false,
            committed: false,
            upgrades_left: UPGRADES,
            ended: false,
        }
    }

    /// Every input that can happen now.
    pub(super) fn nexts(&self) -> Vec<Next> {
        let now = |input| Next::Happens(Duration::ZERO, input);
        if self.ended {
            return Vec::new();
        }
        if let Some(generation) = self.starting {
            let fails = |transient| now(Input::SpawnFailed { generation, transient });
            return vec![Next::Started, fails(true), fails(false)];
        }
        let mut nexts = Vec::new();
        for truth in &self.truth {
            let child = truth.generation;
            let ends: &[End] = match (truth.killed, truth.asked) {
                (true, _) => &[KILLED],
                (false, true) => &[FINE, CRASH, BY_INT],
                (false, false) => &[FINE, CRASH],
            };
            nexts.extend(ends.iter().map(|end| now(Input::Exited(child, *end))));
            if !self.is_crowded() && !truth.killed {
                nexts.push(now(Input::Ready(child)));
                nexts.push(now(Input::AskedToRestart(child)));
                nexts.push(now(Input::Unsuitable(child, Unsuitable::Sockets)));
            }
        }
        let deadline = self.life.next_deadline().map(|at| Time::start().until(at));
        nexts.extend(deadline.map(|left| Next::Happens(left, Input::Tick)));
        if self.is_crowded() {
            return nexts;
        }
        for sent in [Signal::USR2, Signal::TERM, Signal::INT, Signal::HUP] {
            nexts.push(now(signal(sent)));
        }
        nexts.push(now(Input::Restart(Cause::Call)));
        nexts.push(now(Input::Frozen(Duration::from_secs(1))));
        if self.upgrades_left > 0 && !self.undecided {
            nexts.extend([now(Input::Installed), now(Input::Replaced)]);
        }
        if self.undecided {
            nexts.push(now(Input::RolledBack));
        }
        let second = Duration::from_secs(1);
        if deadline.is_some_and(|left| left > second) {
            nexts.push(Next::Happens(second, Input::Tick));
        }
        nexts
    }

    /// Whether so many children live, or were killed, that only ends are applied.
    fn is_crowded(&self) -> bool {
        let killed = self.truth.iter().filter(|truth| truth.killed).count();
        self.truth.len() > CHILDREN || killed > 1
    }

    /// The model after an input, with the actions, or the rule that the step breaks.
    pub(super) fn after(&self, next: Next) -> Result<(Self, Vec<Action>), Broken> {
        let mut model = self.clone();
        let Next::Happens(passed, input) = next else {
            model.starting = None;
            return Ok((model, Vec::new()));
        };
        let now = Time::since_start(passed);
        match input {
            Input::Exited(child, _) => model.truth.retain(|truth| truth.generation != child),
            Input::SpawnFailed { generation, .. } => {
                model.starting = None;
                model.truth.retain(|truth| truth.generation != generation);
            }
            Input::Installed | Input::Replaced => {
                model.undecided = true;
                model.upgrades_left -= 1;
            }
            _ => {}
        }
        let (life, mut actions) = step(model.life, now, input);
        model.life = life;
        if matches!(input, Input::Replaced | Input::RolledBack) {
            // The master finds out about both when a restart is requested.
            let (life, more) = step(model.life, now, Input::Restart(Cause::Call));
            model.life = life;
            actions.extend(more);
        }
        for action in &actions {
            model.does(*action).map_err(|broken| format!("{broken} by {action:?}"))?;
        }
        self.may_blame(input, &actions)?;
        self.is_served(input, &model)?;
        self.is_respawned(now, input, &model)?;
        Ok((model.canonical(now), actions))
    }

    fn does(&mut self, action: Action) -> Result<(), Broken> {
        let check = |holds: bool, broken: &str| if holds { Ok(()) } else { Err(broken.to_owned()) };
        check(!self.ended, "something is done after the end")?;
        let serving = self.life.phase == Phase::Serving;
        match action {
            Action::Spawn(generation, program) => {
                check(serving, "a child is started while the master stops")?;
                let right = (program == Program::Trial) == self.undecided;
                check(right, "a child executes the wrong file")?;
                check(self.starting.is_none(), "two children are started at once")?;
                self.starting = Some(generation);
                let (asked, killed) = (false, false);
                self.truth.push(Truth { generation, program, asked, killed });
            }
            Action::Send(child, arrived) => {
                let asks = matches!(arrived.signal(), Signal::INT | Signal::TERM);
                let truth = self.truth(child).ok_or("a signal for a child that is gone")?;
                truth.asked |= asks;
            }
            Action::Kill(child, _) => {
                let truth = self.truth(child).ok_or("a child that is gone is killed")?;
                check(!truth.killed, "a child is killed twice")?;
                truth.killed = true;
            }
            Action::Promote(child)
            | Action::Drain(child)
            | Action::Hasten(child)
            | Action::Continue(child) => {
                self.truth(child).ok_or("a child that is gone")?;
            }
            Action::Commit | Action::RollBack(_) | Action::Shelve => {
                check(self.undecided, "a verdict about nothing")?;
                self.undecided = false;
                if action == Action::Commit {
                    self.committed = self.life.policy.on_exit != OnExit::End;
                    self.truth.iter_mut().for_each(|truth| truth.program = Program::Proven);
                }
            }
            Action::FallBack(_) => {
                check(!self.undecided, "the way back leads past what is on trial")?;
                check(self.committed, "there is nothing to fall back to")?;
                self.committed = false;
            }
            Action::Excuse => check(self.undecided, "nothing is excused")?,
            Action::EndLike(_) => {
                check(self.truth.is_empty(), "children outlive the master")?;
                self.ended = true;
            }
            Action::StopSelf(_) | Action::CloseSockets | Action::Report(_) | Action::Answer(..) => {
            }
        }
        Ok(())
    }

    /// Checks that an executable is blamed only for what its own child did by itself, and only if no child
    /// of it continues to serve.
    fn may_blame(&self, input: Input, actions: &[Action]) -> Result<(), Broken> {
        let Some(blame) = actions.iter().find_map(|action| match action {
            Action::RollBack(blame) if *blame != Blame::ByHand => Some(*blame),
            _ => None,
        }) else {
            return Ok(());
        };
        let own_doing = match input {
            Input::Exited(child, _) => self.truth.iter().any(|truth| {
                let tried = truth.generation == child && truth.program == Program::Trial;
                tried && !truth.asked && !truth.killed
            }),
            // It was late.
            Input::Tick => matches!(blame, Blame::NotReady(None)),
            _ => false,
        };
        let serves = self.life.children.iter().any(|child| {
            let gone = matches!(input, Input::Exited(gone, _) if gone == child.generation);
            matches!(child.role, Role::Active { .. }) && child.program == Program::Trial && !gone
        });
        match (own_doing, serves) {
            (true, false) => Ok(()),
            (false, _) => Err(format!("blamed for what it did not do: {blame:?}")),
            (_, true) => Err(format!("blamed while it serves: {blame:?}")),
        }
    }

    /// Checks that there is at most one candidate and one active child, and that in overlapping order the
    /// service stops only if the active child ends by itself.
    fn is_served(&self, input: Input, after: &Self) -> Result<(), Broken> {
        let count =
            |wanted: fn(&Child) -> bool| after.life.children.iter().filter(|c| wanted(c)).count();
        if count(|child| matches!(child.role, Role::Candidate { .. })) > 1
            || count(|child| matches!(child.role, Role::Active { .. })) > 1
        {
            return Err("two of a kind".to_owned());
        }
        let both_serving = self.life.phase == Phase::Serving && after.life.phase == Phase::Serving;
        let overlaps = self.life.policy.handover == Handover::Overlap;
        let left = matches!((input, self.life.active()), (Input::Exited(gone, _), Some(active)) if gone == active);
        let taken = self.life.active().is_some() && after.life.active().is_none() && !left;
        if overlaps && both_serving && taken { Err("no child accepts".to_owned()) } else { Ok(()) }
    }

    /// Checks that a program that is to be respawned is, until the limit.
    fn is_respawned(&self, now: Time, input: Input, after: &Self) -> Result<(), Broken> {
        let OnExit::Respawn(_) = self.life.policy.on_exit else { return Ok(()) };
        let Input::Exited(gone, _) = input else { return Ok(()) };
        let asked = self.truth.iter().any(|truth| truth.generation == gone && truth.asked);
        let in_time = self.life.revival.is_none_or(|revival| now < revival.until);
        let stops = self.life.phase == Phase::Serving && after.life.phase != Phase::Serving;
        if self.life.active() == Some(gone) && !asked && in_time && stops {
            return Err("it is not respawned".to_owned());
        }
        Ok(())
    }

    /// The next input if nothing unexpected happens: children become ready and drain, killed ones die, time
    /// passes.
    pub(super) fn quietly(&self) -> Option<Next> {
        if self.ended {
            return None;
        }
        if self.starting.is_some() {
            return Some(Next::Started);
        }
        let due = self.due().map(|input| Next::Happens(Duration::ZERO, input));
        due.or_else(|| {
            let at = self.life.next_deadline()?;
            Some(Next::Happens(Time::start().until(at), Input::Tick))
        })
    }

    /// What a well-behaved child does next.
    fn due(&self) -> Option<Input> {
        if let Some(killed) = self.truth.iter().find(|truth| truth.killed) {
            return Some(Input::Exited(killed.generation, KILLED));
        }
        self.life.children.iter().find_map(|child| match child.role {
            Role::Candidate { .. } => Some(Input::Ready(child.generation)),
            Role::Draining { .. } => Some(Input::Exited(child.generation, FINE)),
            _ => None,
        })
    }

    /// Whether there is an executable that the lifecycle still has to decide about.
    pub(super) fn owes_a_verdict(&self) -> bool {
        let waits =
            self.life.policy.waits_for_a_restart() && self.life.upgrade == Upgrade::Installed;
        self.undecided && !waits && self.life.phase == Phase::Serving
    }

    fn truth(&mut self, generation: Generation) -> Option<&mut Truth> {
        self.truth.iter_mut().find(|truth| truth.generation == generation)
    }
}
