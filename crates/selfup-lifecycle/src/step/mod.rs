//! The transitions of the state machine: every decision of a master is made below here.
//!
//! There is one file for each subject. They change the [`Lifecycle`] and collect the [`Action`]s.

mod asked;
mod ending;
mod restarting;
mod signals;
mod starting;
mod stopping;
mod time;

use crate::{
    action::{Action, Note, Overdue},
    generation::Generation,
    input::Input,
    lifecycle::{Lifecycle, Phase, Role},
    time::Time,
};

impl Lifecycle {
    /// Applies an input that happened at `now`, and returns the actions that follow from it, in the order
    /// in which they have to be performed.
    #[must_use = "the master has to perform the actions"]
    pub fn step(&mut self, now: Time, input: Input) -> Vec<Action> {
        let mut step = Step { life: self, now, actions: Vec::new() };
        if step.life.phase != Phase::Ended {
            step.apply(input);
            step.begin_queued_restart();
            step.end_with_the_last_child();
            step.answer_what_is_decided();
        }
        step.actions
    }
}

/// A step under way.
struct Step<'a> {
    life: &'a mut Lifecycle,
    now: Time,
    actions: Vec<Action>,
}

impl Step<'_> {
    fn apply(&mut self, input: Input) {
        match input {
            Input::Start => self.spawn(),
            Input::SpawnFailed { generation, transient } => {
                self.spawn_failed(generation, transient)
            }
            Input::Ready(generation) => self.ready(generation),
            Input::Unsuitable(generation, why) => self.unsuitable(generation, why),
            Input::Exited(generation, end) => self.exited(generation, end),
            Input::Signal(arrived) => self.signal(arrived),
            Input::Restart(cause) => self.restart(cause),
            Input::AskedToRestart(generation) => self.asked_to_restart(generation),
            Input::Asked(ticket, ask) => self.asked(ticket, ask),
            Input::Forgotten(ticket) => self.forgotten(ticket),
            Input::Installed => self.installed(),
            Input::Replaced => self.replaced(),
            Input::RolledBack => self.rolled_back(),
            Input::Tick => self.tick(),
            Input::Resumed(after) => self.resumed(after),
            Input::Frozen(length) => self.life.postpone(length),
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
