//! Where a signal goes.

use selfup_signals::Signal;

use super::Step;
use crate::{
    action::{Action, Note},
    event::{Arrived, Cause},
    generation::Generation,
    lifecycle::{Held, Phase},
};

impl Step<'_> {
    pub(super) fn signal(&mut self, arrived: Arrived) {
        match arrived.signal() {
            signal if signal == self.life.policy.restart_signal => self.restart(Cause::Signal),
            Signal::TERM => self.terminate(arrived),
            Signal::INT | Signal::QUIT => self.send_to_all(arrived),
            Signal::TSTP | Signal::TTIN | Signal::TTOU => {
                self.send_to_all(arrived);
                self.act(Action::StopSelf(arrived));
            }
            _ => self.send_to_the_program(arrived),
        }
    }

    pub(super) fn send_to_all(&mut self, arrived: Arrived) {
        for generation in self.generations() {
            self.send(generation, arrived);
        }
    }

    pub(super) fn send(&mut self, generation: Generation, arrived: Arrived) {
        if let Some(child) = self.life.child(generation) {
            child.sent.insert(arrived.signal());
            self.act(Action::Send(generation, arrived));
        }
    }

    /// Before it is ready, a child may not have its handlers yet, and would die of the signal. So
    /// it gets it then; also one that its predecessor has, which may be to read a file again that
    /// the new child has read before it was changed.
    fn send_to_the_program(&mut self, arrived: Arrived) {
        if let Phase::Stopping { mirrored, .. } = self.life.phase {
            if let Some(generation) = mirrored {
                self.send(generation, arrived);
            }
            return;
        }
        let active = self.life.active();
        if let Some(active) = active {
            self.send(active, arrived);
        }
        match active {
            None if !arrived.group_has_it => {
                self.hold(Held { arrived, delivered: false });
                self.report(Note::SignalWaits(arrived));
            }
            Some(_) if self.life.has_successor() && is_for_every_generation(arrived) => {
                self.hold(Held { arrived, delivered: true });
            }
            _ => {}
        }
    }

    /// Equal signals become one while they wait, as they do in the kernel; queued ones do not.
    fn hold(&mut self, held: Held) {
        let signal = held.arrived.signal();
        let same = self.life.held.iter_mut().find(|other| other.arrived.signal() == signal);
        match same {
            Some(same) if !signal.is_real_time() => *same = held,
            _ => self.life.held.push(held),
        }
    }

    pub(super) fn resumed(&mut self, after: std::time::Duration) {
        self.life.postpone(after);
        for generation in self.generations() {
            self.act(Action::Continue(generation));
        }
    }
}

/// A queued signal carries a value for one taker; what continues a child is for that child.
fn is_for_every_generation(arrived: Arrived) -> bool {
    let signal = arrived.signal();
    !arrived.group_has_it && !signal.is_real_time() && signal != Signal::CONT
}
