//! The heart of the master: what follows from what.
//!
//! [`step`] does no input or output and reads no clock. Everything that the master ever does is
//! decided here, from the [`Lifecycle`] and one [`Event`].

mod ending;
mod restarting;
mod signals;
mod starting;
mod stopping;
mod time;

use super::{
    Action, Event, Generation, Lifecycle, Note, Overdue, Time,
    lifecycle::{Phase, Role},
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
            Event::SpawnFailed { generation, passing } => self.spawn_failed(generation, passing),
            Event::Ready(generation) => self.ready(generation),
            Event::Unsuitable(generation, why) => self.unsuitable(generation, why),
            Event::Exited(generation, end) => self.exited(generation, end),
            Event::Signal(arrived) => self.signal(arrived),
            Event::Restart(cause) => self.restart(cause),
            Event::AskedToRestart(generation) => self.asked_to_restart(generation),
            Event::Installed => self.installed(),
            Event::Replaced => self.replaced(),
            Event::RolledBack => self.rolled_back(),
            Event::Tick => self.tick(),
            Event::Resumed(after) => self.resumed(after),
            Event::Frozen(length) => self.life.postpone(length),
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

    fn set_role(&mut self, generation: Generation, new: Role) {
        if let Some(child) = self.life.child(generation) {
            child.role = new;
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
