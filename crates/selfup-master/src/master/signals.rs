//! Sends signals to children, and stops the master with them.

use std::time::Instant;

use selfup_lifecycle::{Arrived, Generation, Input, Overdue, Unsuitable};
use selfup_signals::{ErrorKind, Pid, Signal};

use super::Master;
use crate::{attempt::Attempt, event::Event, process_group as group, reason::KillReason};

impl Master {
    /// Forwards a signal to a child, unless the kernel has sent it to the child already.
    pub(super) fn send(&mut self, generation: Generation, arrived: Arrived) {
        let Some(pid) = self.pid(generation) else { return };
        if arrived.group_has_it && group::shares_the_group(pid) {
            return;
        }
        let sent = if arrived.group_has_it && self.recipe.kill_group {
            // The kernel signals the whole foreground group. The child has a group of its own instead.
            group::send(pid, arrived.signal())
        } else {
            selfup_signals::forward(pid, &arrived.received)
        };
        match sent {
            Ok(()) => self.report(Event::Forwarded {
                generation: generation.number(),
                signal: arrived.signal(),
            }),
            // It has ended, and is about to be reaped.
            Err(error) if error.kind() == ErrorKind::Gone => {}
            Err(error) => {
                let (generation, signal) = (generation.number(), arrived.signal());
                self.could_not(Attempt::Forward { generation, signal }, &error);
            }
        }
    }

    /// Continues a child after the master was stopped.
    pub(super) fn resume(&mut self, generation: Generation) {
        let Some(pid) = self.pid(generation) else { return };
        // A stop of the whole group has to be undone for those that it stopped. A forwarded stop has to be
        // undone even for a child that has not come to a stop yet.
        if self.group_was_stopped && self.recipe.kill_group {
            // The stop was sent to the child's whole group.
            let _sent = group::send(pid, Signal::CONT);
        } else if !self.group_was_stopped || selfup_signals::is_stopped(pid).unwrap_or(false) {
            self.send_own(generation, pid, Signal::CONT);
        }
    }

    pub(super) fn kill(&mut self, generation: Generation, overdue: Overdue) {
        let Some(pid) = self.pid(generation) else { return };
        let is_unreachable = self.is_unreachable(generation);
        if self.recipe.kill_group {
            // A failure for the child itself is reported below. What is left of the group is reported when
            // the child has been reaped.
            let _sent = group::send(pid, Signal::KILL);
        }
        self.send_own(generation, pid, Signal::KILL);
        let reason = match overdue {
            Overdue::Ready => KillReason::NotReady { lacks: self.lacks(generation) },
            Overdue::Exit => KillReason::NotEnded { channel_closed: is_unreachable },
            Overdue::Unsuitable(Unsuitable::Protocol) => KillReason::OtherProtocol,
            Overdue::Unsuitable(Unsuitable::Sockets) => KillReason::MissingSocket,
            Overdue::RolledBack => KillReason::RolledBack,
        };
        self.report(Event::Killed { generation: generation.number(), reason });
    }

    /// Sends a signal of the master's own.
    pub(super) fn send_own(&mut self, generation: Generation, pid: Pid, signal: Signal) {
        if let Err(error) = selfup_signals::send(pid, signal) {
            let generation = generation.number();
            self.could_not(Attempt::Send { generation, signal }, &error);
        }
    }

    /// Stops with the children. The SIGCONT that ends the stop is not forwarded: the lifecycle continues
    /// the children.
    pub(super) fn stop_self(&mut self, arrived: Arrived) {
        let stopped = Instant::now();
        self.group_was_stopped = arrived.group_has_it;
        if let Err(error) = selfup_signals::stop_self(arrived.signal()) {
            self.could_not(Attempt::Stop, &error);
        }
        self.unread.extend(self.signals.pending());
        let cont = self.unread.iter().position(|received| received.signal == Signal::CONT);
        if let Some(cont) = cont {
            self.unread.remove(cont);
            self.inputs.push_back(Input::Resumed(stopped.elapsed()));
        }
    }
}
