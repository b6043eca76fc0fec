//! Visits every state that a master can reach, and applies every input in each: a breadth-first search.
//!
//! Two states count as one if they differ only in the numbers of the generations, in the time that has
//! passed, and in values that no rule reads: generations are renumbered from the oldest child that lives,
//! and a deadline is the time that is left (see [`Model::canonical`]). [`Model::after`] checks the rules
//! of each step. [`Search::fate`] plays on with well-behaved children, and finds what becomes of a state.

use std::collections::{HashMap, HashSet, VecDeque};

use super::*;
use crate::{
    action::{Blame, Note, Program},
    input::Cause,
    lifecycle::{Attempts, Child, Phase, Role, Upgrade},
    on_exit::{OnExit, Respawn},
    signal_set::SignalSet,
};

/// With more children than this, the search only applies their ends.
const CHILDREN: usize = 4;

/// The longest timeout in seconds.
const LONGEST: u64 = 2;

/// The number of new executables that arrive.
const UPGRADES: u8 = 2;

const BY_INT: End = End::Signaled { signal: Signal::INT, core_dumped: false };
const KILLED: End = End::Signaled { signal: Signal::KILL, core_dumped: false };

/// A master and the processes around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Model {
    life: Lifecycle,
    /// The facts about the children, apart from what the lifecycle knows.
    truth: Vec<Truth>,
    /// A child that is being started. The start may fail.
    starting: Option<Generation>,
    /// Whether there is a new executable that has not been decided about.
    undecided: bool,
    /// Whether an executable was committed, and was not left again, where that matters.
    committed: bool,
    upgrades_left: u8,
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Truth {
    generation: Generation,
    program: Program,
    /// Whether it was sent a signal that asks a program to end.
    asked: bool,
    killed: bool,
}

/// One input for a model, with the time that passes before it.
#[derive(Clone, Copy, Debug)]
enum Next {
    Started,
    Happens(Duration, Input),
}

type Broken = String;

impl Model {
    fn new(policy: Policy) -> Self {
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
    fn nexts(&self) -> Vec<Next> {
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
    fn after(&self, next: Next) -> Result<(Self, Vec<Action>), Broken> {
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
    fn quietly(&self) -> Option<Next> {
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
    fn owes_a_verdict(&self) -> bool {
        let waits =
            self.life.policy.waits_for_a_restart() && self.life.upgrade == Upgrade::Installed;
        self.undecided && !waits && self.life.phase == Phase::Serving
    }

    fn truth(&mut self, generation: Generation) -> Option<&mut Truth> {
        self.truth.iter_mut().find(|truth| truth.generation == generation)
    }

    /// The same state, without the values that no rule reads any more.
    fn canonical(mut self, now: Time) -> Self {
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

/// What becomes of a state if nothing unexpected happens.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// The master ends.
    ends: bool,
    /// The master comes to rest with an undecided executable.
    undecided: bool,
    /// A child is started on the way, or a restart is refused with a message.
    restarts: bool,
}

#[derive(Default)]
struct Search {
    seen: HashSet<Model>,
    fates: HashMap<Model, Fate>,
}

impl Search {
    /// Visits every state.
    fn all(&mut self, policy: Policy) {
        let start = Model::new(policy);
        let (first, _) = start.after(Next::Happens(Duration::ZERO, Input::Start)).unwrap();
        let mut queue = VecDeque::from([first.clone()]);
        self.seen.insert(first);
        while let Some(model) = queue.pop_front() {
            self.comes_to_a_good_end(&model);
            for next in model.nexts() {
                let (after, _) = self.after(&model, next);
                if self.seen.insert(after.clone()) {
                    queue.push_back(after);
                }
            }
        }
    }

    /// Checks that a verdict comes, that a restart requested now is done or refused, and that SIGTERM ends
    /// the master.
    fn comes_to_a_good_end(&mut self, model: &Model) {
        if model.ended || model.starting.is_some() {
            return;
        }
        let fate = self.fate(model);
        assert!(!fate.undecided, "no verdict comes in {model:#?}");
        let now = |input| Next::Happens(Duration::ZERO, input);
        let (after, actions) = self.after(model, now(Input::Restart(Cause::Call)));
        let restarts = actions.iter().any(handles_a_restart) || self.fate(&after).restarts;
        assert!(restarts, "a restart is forgotten in {model:#?}");
        let (after, _) = self.after(model, now(signal(Signal::TERM)));
        assert!(self.fate(&after).ends, "SIGTERM does not end it in {model:#?}");
    }

    fn after(&self, model: &Model, next: Next) -> (Model, Vec<Action>) {
        let after = model.after(next);
        after.unwrap_or_else(|broken| panic!("{broken}\nafter {next:?} in {model:#?}"))
    }

    /// Plays a state to its end, or to a state whose fate is known.
    fn fate(&mut self, model: &Model) -> Fate {
        let mut path: Vec<(Model, bool)> = Vec::new();
        let mut at = model.clone();
        let mut fate = loop {
            if let Some(fate) = self.fates.get(&at) {
                break *fate;
            }
            let Some(next) = at.quietly() else {
                let (ends, undecided) = (at.ended, at.owes_a_verdict());
                break Fate { ends, undecided, restarts: false };
            };
            assert!(path.len() < 1_000, "it never comes to rest: {model:#?}");
            let (after, actions) = self.after(&at, next);
            path.push((at, actions.iter().any(handles_a_restart)));
            at = after;
        };
        for (model, restarts) in path.into_iter().rev() {
            fate.restarts |= restarts;
            self.fates.insert(model, fate);
        }
        fate
    }
}

fn handles_a_restart(action: &Action) -> bool {
    let refused = matches!(action, Action::Report(Note::RestartIgnored(_) | Note::Stopping));
    refused || matches!(action, Action::Spawn(..))
}

/// Timeouts of a few seconds, so that every order of the deadlines occurs.
fn short() -> Policy {
    Policy {
        ready_timeout: Duration::from_secs(1),
        terminate_timeout: Duration::from_secs(LONGEST),
        probation: Duration::from_secs(1),
        max_draining: 1,
        ..policy()
    }
}

#[track_caller]
fn keeps_the_rules(policy: Policy) {
    let mut search = Search::default();
    search.all(policy);
    assert!(search.seen.len() > 1_000, "the search visits next to nothing");
}

#[test]
fn every_state_of_an_overlapping_handover() {
    keeps_the_rules(short());
}

#[test]
fn every_state_with_a_probation_that_outlasts_the_rest() {
    keeps_the_rules(Policy { probation: Duration::from_secs(LONGEST), ..short() });
}

#[test]
fn every_state_of_a_sequential_handover() {
    keeps_the_rules(Policy { handover: Handover::Sequential, ..short() });
}

#[test]
fn every_state_of_a_program_without_sockets_that_drains_on_sigterm() {
    keeps_the_rules(Policy { listens: false, drain_on_terminate: true, ..short() });
}

#[test]
fn every_state_of_a_program_that_is_respawned() {
    let limit = Duration::from_secs(1);
    let respawn = Respawn::new().limit(limit).fall_back(limit);
    keeps_the_rules(Policy { on_exit: OnExit::Respawn(respawn), ..short() });
}

#[test]
fn every_state_where_an_upgrade_waits_for_a_restart() {
    keeps_the_rules(Policy { restarts: Restarts::OnRequest, ..short() });
}
