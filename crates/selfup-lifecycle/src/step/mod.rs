//! What follows from what: everything that a master ever does is decided below here.
//!
//! One file for each subject; they change the [`Lifecycle`] and note the [`Action`]s, in order.

mod ending;
mod restarting;
mod signals;
mod starting;
mod stopping;
mod time;

use crate::{
    action::{Action, Note, Overdue},
    event::Event,
    generation::Generation,
    lifecycle::{Lifecycle, Phase, Role},
    time::Time,
};

impl Lifecycle {
    /// Takes in what has happened at that point in time. What is to be done because of it, in this
    /// order.
    #[must_use = "the master has to perform the actions"]
    pub fn step(&mut self, now: Time, event: Event) -> Vec<Action> {
        let mut step = Step { life: self, now, actions: Vec::new() };
        if step.life.phase != Phase::Ended {
            step.apply(event);
            step.begin_queued_restart();
            step.end_with_the_last_child();
        }
        step.actions
    }
}

/// One step under way.
struct Step<'a> {
    life: &'a mut Lifecycle,
    now: Time,
    actions: Vec<Action>,
}

impl Step<'_> {
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
        let gone_by = self.now + self.life.policy.terminate_timeout;
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

    fn report(&mut self, note: Note) {
        self.act(Action::Report(note));
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}
