//! Which children a signal is sent to.

use selfup_signals::Signal;

use super::Step;
use crate::{
    action::{Action, Note},
    generation::Generation,
    input::{Arrived, Cause},
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

    /// Sends a signal to the active child, and holds it for a candidate until that is ready: before, the
    /// candidate may not have its handlers, and would die of the signal. The candidate gets it even if
    /// the active child has it. The signal may be a request to read a file again, which the candidate may
    /// have read before it was changed.
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

    /// Merges equal signals that wait, as the kernel does, except real-time signals.
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

/// A real-time signal carries a value for one receiver, and SIGCONT continues one child.
fn is_for_every_generation(arrived: Arrived) -> bool {
    let signal = arrived.signal();
    !arrived.group_has_it && !signal.is_real_time() && signal != Signal::CONT
}
