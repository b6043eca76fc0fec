//! Visits every state that a master can reach, and applies every input in each: a breadth-first search.
//!
//! [`Model::after`] checks the rules of each step. [`Search::fate`] plays on with well-behaved children, and finds
//! what becomes of a state.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    canonical::LONGEST,
    model::{Model, Next},
    *,
};
use crate::{
    action::Note,
    input::Cause,
    on_exit::{OnExit, Respawn},
};

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
