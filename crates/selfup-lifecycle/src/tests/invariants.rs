//! Children that behave at random, and invariants that hold whatever they do.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    action::Program,
    answer::{Answer, Failure, Stage},
    asking::{Ask, Ticket, Until},
    input::Cause,
    lifecycle::Phase,
    on_exit::{OnExit, Respawn},
};

/// A random input. Children are picked by their index among those that live.
#[derive(Clone, Debug)]
enum Chance {
    Ready(usize),
    Unsuitable(usize),
    Exits(usize, bool),
    Signal(usize),
    Restart,
    AsksToRestart(usize),
    Frozen(u64),
    Installed,
    RolledBack,
    TimePasses(u64),
    Resumed(u64),
    Asks(usize),
    Forgets,
}

const SIGNALS: [Signal; 8] = [
    Signal::USR2,
    Signal::USR2,
    Signal::HUP,
    Signal::USR1,
    Signal::INT,
    Signal::TSTP,
    Signal::CONT,
    Signal::TERM,
];

const ASKS: [Ask; 10] = [
    Ask::Upgrade(Until::Done),
    Ask::Upgrade(Until::Committed),
    Ask::Restart(Until::Accepted),
    Ask::Restart(Until::Done),
    Ask::Restart(Until::Done),
    Ask::Restart(Until::Done),
    Ask::Restart(Until::Committed),
    Ask::Restart(Until::Committed),
    Ask::Restart(Until::Committed),
    Ask::Stop(Until::Done),
];

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        6 => (0..4_usize).prop_map(Chance::Ready),
        1 => (0..4_usize).prop_map(Chance::Unsuitable),
        4 => (0..4_usize, any::<bool>()).prop_map(|(child, fine)| Chance::Exits(child, fine)),
        4 => (0..SIGNALS.len()).prop_map(Chance::Signal),
        3 => Just(Chance::Restart),
        1 => (0..4_usize).prop_map(Chance::AsksToRestart),
        1 => (0..40_u64).prop_map(Chance::Frozen),
        2 => Just(Chance::Installed),
        1 => Just(Chance::RolledBack),
        3 => (0..40_u64).prop_map(Chance::TimePasses),
        1 => (0..40_u64).prop_map(Chance::Resumed),
        3 => (0..ASKS.len()).prop_map(Chance::Asks),
        1 => Just(Chance::Forgets),
    ]
}

/// The processes behind the actions.
struct World {
    life: Lifecycle,
    now: u64,
    /// A spawn fails if this divides its number; 0 means that none fails.
    spawn_fails_every: u64,
    /// The children that live, and whether each was killed and only has to be reaped.
    living: BTreeMap<Generation, bool>,
    spawned: u64,
    reaped: u64,
    ends: Vec<End>,
    last_end: Option<(Generation, End)>,
    undecided: bool,
    /// The requests of operators that have not been answered, each with the numbers of commits and
    /// rollbacks before it.
    asked: BTreeMap<Ticket, (Ask, u64, u64)>,
    commits: u64,
    rollbacks: u64,
    tickets: u64,
}

impl World {
    fn new(policy: Policy, on_trial: bool, spawn_fails_every: u64) -> Self {
        let life = Lifecycle::new(policy);
        Self {
            life: if on_trial { life.on_trial() } else { life },
            now: 0,
            spawn_fails_every,
            living: BTreeMap::new(),
            spawned: 0,
            reaped: 0,
            ends: Vec::new(),
            last_end: None,
            undecided: on_trial,
            asked: BTreeMap::new(),
            commits: 0,
            rollbacks: 0,
            tickets: 0,
        }
    }

    fn happens(&mut self, input: Input) {
        let active_before = self.life.active();
        let was_serving = self.life.phase == Phase::Serving;
        let (life, actions) = step(self.life.clone(), second(self.now), input);
        self.life = life;
        let mut failed = Vec::new();
        for action in &actions {
            self.act(*action, &mut failed);
        }
        self.check(input, active_before, was_serving);
        for generation in failed {
            // Sometimes for a lack that may pass, sometimes for good.
            let transient = generation.number() % 3 != 0;
            self.happens(Input::SpawnFailed { generation, transient });
        }
    }

    fn act(&mut self, action: Action, failed: &mut Vec<Generation>) {
        let is_answer = matches!(action, Action::Answer(..));
        assert!(is_answer || self.ends.is_empty(), "{action:?} after the end");
        match action {
            Action::Spawn(generation, program) => {
                assert_eq!(program == Program::Trial, self.undecided, "the wrong executable");
                assert_eq!(self.life.phase, Phase::Serving, "started while stopping");
                self.spawned += 1;
                if self.spawn_fails_every > 0
                    && generation.number().is_multiple_of(self.spawn_fails_every)
                {
                    self.reaped += 1;
                    failed.push(generation);
                } else {
                    assert!(self.living.insert(generation, false).is_none(), "spawned twice");
                }
            }
            Action::Promote(child)
            | Action::Drain(child)
            | Action::Hasten(child)
            | Action::Send(child, _)
            | Action::Continue(child) => {
                assert!(self.living.contains_key(&child), "{action:?} to a child that is gone");
            }
            Action::Kill(child, _) => {
                let killed = self.living.get_mut(&child).expect("kill a child that lives");
                assert!(!*killed, "killed twice");
                *killed = true;
            }
            Action::Commit | Action::RollBack(_) | Action::Shelve => {
                assert!(self.undecided, "{action:?} without an upgrade");
                self.undecided = false;
                self.commits += u64::from(action == Action::Commit);
                self.rollbacks += u64::from(matches!(action, Action::RollBack(_)));
            }
            Action::FallBack(_) => assert!(!self.undecided, "past what is on trial"),
            Action::Excuse => assert!(self.undecided, "{action:?} without an upgrade"),
            Action::EndLike(end) => self.ends.push(end),
            Action::Answer(ticket, answer) => self.answered(ticket, answer),
            Action::StopSelf(_) | Action::CloseSockets | Action::Report(_) => {}
        }
    }

    /// Each answer comes once, and is true at the end of the step that decides it.
    fn answered(&mut self, ticket: Ticket, answer: Answer) {
        let asked = self.asked.remove(&ticket).expect("an answer to a request that waits for it");
        let (ask, commits, rollbacks) = asked;
        let serves = self.life.phase == Phase::Serving;
        match answer {
            Answer::Accepted { .. } => {
                assert!(matches!(ask, Ask::Restart(Until::Accepted) | Ask::Stop(Until::Accepted)));
            }
            Answer::Serving { generation, on_probation } => {
                // In sequential order, the next restart may drain it in the same step.
                let drains = self.life.active().is_none() && self.life.queued.is_some();
                assert!(drains || self.life.active() == Some(generation), "{answer:?}");
                let waits = ask == Ask::Restart(Until::Committed);
                assert!(!(on_probation && waits), "an answer before the commit");
            }
            Answer::Committed => assert!(self.commits > commits, "it was not committed since"),
            Answer::Failed { failure, serving } => {
                assert_eq!(serving, self.life.active().filter(|_| serves), "{answer:?}");
                let rolled_back =
                    matches!(failure, Failure::RolledBack(..) | Failure::RolledBackByHand);
                assert!(!rolled_back || self.rollbacks > rollbacks, "{answer:?}");
            }
            Answer::NoRestarts | Answer::WaitsForAStart => {
                assert_eq!(self.life.policy.restarts, Restarts::Never)
            }
            Answer::Stopping => assert!(!serves, "it does not stop"),
            Answer::Stopped(end) => assert_eq!(self.ends, [end]),
        }
    }

    /// Each operator waits for something that is still to come.
    fn check_waiting(&self) {
        let life = &self.life;
        for waiting in &life.waiting {
            let will_come = match waiting.stage {
                Stage::Queued => life.queued.is_some(),
                Stage::Starting => life.has_successor() || life.queued.is_some(),
                Stage::Probation => life.is_trying(),
                Stage::Failed(_) => life.active().is_none(),
                Stage::Stopping => life.phase != Phase::Serving,
            };
            assert!(will_come, "waits for nothing: {waiting:?}, {}", render::state(life));
        }
    }

    fn check(&self, input: Input, active_before: Option<Generation>, was_serving: bool) {
        let count = |wanted: &str| {
            let state = render::state(&self.life);
            state.split(' ').filter(|word| word.ends_with(wanted)).count()
        };
        assert!(count("C") <= 1, "two candidates");
        self.check_waiting();
        assert!(count("A") <= 1, "two active children");
        assert!(self.life.draining() <= self.life.policy.max_draining + 1, "too many drain");
        let left = matches!((input, active_before), (Input::Exited(gone, _), Some(active)) if gone == active);
        let overlaps = self.life.policy.handover == Handover::Overlap;
        if overlaps && was_serving && self.life.phase == Phase::Serving && !left {
            assert!(active_before.is_none() || self.life.active().is_some(), "no child accepts");
        }
        if self.ends.is_empty() && !matches!(input, Input::Start) {
            let waits = self.life.has_successor() || !self.living.is_empty();
            assert!(waits || self.life.next_deadline().is_some(), "nothing will ever happen");
        }
        if !self.ends.is_empty() {
            assert!(self.living.is_empty(), "children outlive the master");
        }
    }

    fn exits(&mut self, child: Generation, end: End) {
        let killed = self.living.remove(&child).expect("a child exits once");
        self.reaped += 1;
        let sigkill = End::Signaled { signal: Signal::KILL, core_dumped: false };
        let end = if killed { sigkill } else { end };
        self.last_end = Some((child, end));
        self.happens(Input::Exited(child, end));
    }

    fn chance(&mut self, chance: Chance) {
        let pick = |index: usize| self.living.keys().nth(index % self.living.len().max(1)).copied();
        match chance {
            _ if !self.ends.is_empty() => {}
            Chance::Ready(index) => {
                if let Some(child) = pick(index) {
                    self.happens(Input::Ready(child));
                }
            }
            Chance::Unsuitable(index) => {
                if let Some(child) = pick(index) {
                    self.happens(Input::Unsuitable(child, Unsuitable::Sockets));
                }
            }
            Chance::Exits(index, fine) => {
                if let Some(child) = pick(index) {
                    self.exits(child, if fine { FINE } else { CRASH });
                }
            }
            Chance::Signal(index) => self.happens(signal(SIGNALS[index])),
            Chance::Restart => self.happens(Input::Restart(Cause::Call)),
            Chance::AsksToRestart(index) => {
                if let Some(child) = pick(index) {
                    self.happens(Input::AskedToRestart(child));
                }
            }
            Chance::Frozen(seconds) => {
                self.now += seconds;
                self.happens(Input::Frozen(Duration::from_secs(seconds)));
            }
            Chance::Installed => {
                // The worker waits for the verdict before it tries another executable.
                if !self.undecided {
                    self.undecided = true;
                    self.happens(Input::Installed);
                }
            }
            Chance::RolledBack => self.happens(Input::RolledBack),
            Chance::TimePasses(seconds) => {
                self.now += seconds;
                self.happens(Input::Tick);
            }
            Chance::Asks(index) => {
                self.tickets += 1;
                let (ticket, ask) = (Ticket(self.tickets), ASKS[index]);
                self.asked.insert(ticket, (ask, self.commits, self.rollbacks));
                self.happens(Input::Asked(ticket, ask));
            }
            Chance::Forgets => {
                if let Some((ticket, _)) = self.asked.pop_first() {
                    self.happens(Input::Forgotten(ticket));
                }
            }
            Chance::Resumed(seconds) => {
                self.now += seconds;
                self.happens(Input::Resumed(Duration::from_secs(seconds)));
            }
        }
    }

    /// Sends SIGTERM. The children end in any order, or are killed, and the master has to end as the
    /// child that served.
    fn terminate(&mut self, obey: bool) {
        if !self.ends.is_empty() {
            return;
        }
        let serving = self.life.active();
        let was_serving = self.life.phase == Phase::Serving;
        self.happens(signal(Signal::TERM));
        let mut served = None;
        for _ in 0..100 {
            if !self.ends.is_empty() {
                break;
            }
            if !obey {
                self.now += 31;
                self.happens(Input::Tick);
            }
            let Some(child) = self.living.keys().next().copied() else { continue };
            self.exits(child, End::Exited(i32::try_from(child.number()).unwrap()));
            if Some(child) == serving {
                served = self.last_end.map(|(_, end)| end);
            }
        }
        assert_eq!(self.ends.len(), 1, "it ends, once");
        assert!(self.asked.is_empty(), "without an answer: {:?}", self.asked);
        if was_serving && serving.is_some() {
            assert_eq!(Some(self.ends[0]), served, "it ends as the child that served");
        }
        assert_eq!(self.spawned, self.reaped, "every child is reaped");
    }
}

fn some_rules() -> impl Strategy<Value = Policy> {
    let restarts =
        prop_oneof![Just(Restarts::Automatic), Just(Restarts::OnRequest), Just(Restarts::Never)];
    let on_exit = prop_oneof![Just(OnExit::End), Just(OnExit::Respawn(Respawn::new()))];
    (any::<bool>(), any::<bool>(), restarts, any::<bool>(), 1..4_usize, on_exit).prop_map(
        |(sequential, drain_on_terminate, restarts, listens, max_draining, on_exit)| Policy {
            handover: if sequential { Handover::Sequential } else { Handover::Overlap },
            drain_on_terminate,
            listens,
            restarts,
            max_draining,
            on_exit,
            ..policy()
        },
    )
}

/// The executable on trial is rolled back while the start of its next child is waited for.
#[test]
fn an_operator_hears_of_a_rollback_though_no_child_runs() {
    let policy = Policy { handover: Handover::Sequential, listens: false, ..policy() };
    let mut world = World::new(policy, false, 2);
    world.happens(Input::Start);
    for chance in [
        Chance::Ready(0),
        Chance::Asks(6),
        Chance::Installed,
        Chance::Exits(0, false),
        Chance::TimePasses(1),
        Chance::Asks(2),
        Chance::Ready(0),
        Chance::Exits(0, false),
    ] {
        world.chance(chance);
    }
    assert!(world.living.is_empty() && world.asked.len() == 1);
    world.chance(Chance::RolledBack);
    world.terminate(false);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_and_sigterm_ends_the_master_after_any_inputs(
        policy in some_rules(),
        chances in prop::collection::vec(chance(), 0..60),
        spawn_fails_every in prop_oneof![3 => Just(0_u64), 1 => 2..5_u64],
        on_trial: bool,
        obey: bool,
    ) {
        let mut world = World::new(policy, on_trial, spawn_fails_every);
        world.happens(Input::Start);
        for chance in chances {
            world.chance(chance);
        }
        world.terminate(obey);
    }
}
