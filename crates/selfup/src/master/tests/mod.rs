//! What follows from what: every state × every event, and invariants over random orders.

mod announcements;
mod exhaustive;
mod invariants;
mod render;
mod signals_page;
mod situations;
mod table;

use std::time::Duration;

use selfup_signals::{End, Origin, Received, Signal};

use super::{
    Arrived, Event, Generation, Lifecycle, Rules, Time, action::Action, event::Unsuitable,
    step::step,
};
use crate::config::Handover;

fn rules() -> Rules {
    Rules {
        handover: Handover::Overlap,
        listens: true,
        restart_signal: Signal::USR2,
        drain_on_terminate: false,
        no_restart: false,
        no_restart_after_fetch: false,
        ready_timeout: Duration::from_secs(30),
        terminate_timeout: Duration::from_secs(30),
        probation: Duration::from_secs(10),
        max_draining: 2,
    }
}

fn generation(number: u64) -> Generation {
    Generation::from_number(number).unwrap()
}

fn second(seconds: u64) -> Time {
    Time::since_start(Duration::from_secs(seconds))
}

fn signal(signal: Signal) -> Event {
    let received = Received::new(signal, Origin::Process { pid: None, uid: 0 });
    Event::Signal(Arrived { received, group_has_it: false })
}

fn from_terminal(signal: Signal) -> Event {
    let received = Received::new(signal, Origin::Kernel);
    Event::Signal(Arrived { received, group_has_it: true })
}

const FINE: End = End::Exited(0);
const CRASH: End = End::Signaled { signal: Signal::SEGV, core_dumped: false };
