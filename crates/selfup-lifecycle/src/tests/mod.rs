//! Tests of the state machine: every state × every input, and invariants over random orders.

mod canonical;
mod exhaustive;
mod invariants;
mod model;
mod render;
mod signals_page;
mod situations;
mod table;

use std::time::Duration;

use selfup_signals::{End, Origin, Received, Signal};

use crate::{
    Handover, Restarts,
    action::Action,
    generation::Generation,
    input::{Arrived, Input, Unsuitable},
    lifecycle::Lifecycle,
    policy::Policy,
    time::Time,
};

/// The same step as a function from one state to the next.
fn step(mut lifecycle: Lifecycle, now: Time, input: Input) -> (Lifecycle, Vec<Action>) {
    let actions = lifecycle.step(now, input);
    (lifecycle, actions)
}

fn policy() -> Policy {
    Policy { max_draining: 2, ..Policy::default() }
}

fn generation(number: u64) -> Generation {
    Generation::from_number(number).unwrap()
}

fn second(seconds: u64) -> Time {
    Time::since_start(Duration::from_secs(seconds))
}

fn signal(signal: Signal) -> Input {
    let received = Received::new(signal, Origin::Process { pid: None, uid: 0 });
    Input::Signal(Arrived { received, group_has_it: false })
}

fn from_terminal(signal: Signal) -> Input {
    let received = Received::new(signal, Origin::Kernel);
    Input::Signal(Arrived { received, group_has_it: true })
}

const FINE: End = End::Exited(0);
const CRASH: End = End::Signaled { signal: Signal::SEGV, core_dumped: false };
