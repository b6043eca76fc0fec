//! Puts together what the thread that sees to handoffs needs.

use std::{os::unix::net::UnixStream, sync::mpsc};

use selfup_program::{Serving, notify::Notify};
use selfup_signals::{Receiver, Signal, unignore};

use crate::{
    coordinator::{Coordinator, Request},
    decide::{Phase, Situation},
    error::{Error, ErrorKind, Result},
    event::Event,
    manager::Manager,
    origin::{Origin, Start},
    probation::Probation,
    settings::Handoff,
    successor::Recipe,
    upgrader::Upgrader,
};

impl Coordinator {
    pub(crate) fn new(
        settings: Handoff,
        start: Start,
        serving: Serving,
        requests: mpsc::Receiver<Request>,
        rung: UnixStream,
        upgrader: &Upgrader,
    ) -> Result<Self> {
        let receiver = receiver(&settings).map_err(|error| {
            Error::new(ErrorKind::Start, "could not receive signals").because(error)
        })?;
        let (predecessor, next) = match start.origin {
            Origin::First => (None, None),
            Origin::Successor(channel) => (Some(channel), None),
            Origin::Returned(helper) => (None, Some(helper)),
        };
        let situation = Situation {
            strategy: settings.strategy,
            phase: Phase::Starting,
            succeeds: predecessor.is_some(),
            is_helped: next.is_some(),
            again: false,
        };
        let notify = Notify::take().map_err(|error| {
            Error::new(ErrorKind::Start, "could not use the service manager's socket")
                .because(error)
        })?;
        let probation = Probation::new(start.path.clone(), start.trial, settings.probation);
        let left = match predecessor.is_none() && next.is_none() {
            true => probation.give_up_what_is_left(),
            false => Ok(None),
        };
        let recipe = Recipe::new(start.path, start.generation, settings.upgrade_signal);
        let manager = Manager { notify, pid_file: settings.pid_file.clone() };
        let upgrader = upgrader.clone();
        let (released, caller, finished, drain_ends) = (None, None, None, None);
        let mut coordinator = Self {
            settings,
            situation,
            upgrader,
            serving,
            manager,
            recipe,
            probation,
            predecessor,
            next,
            released,
            caller,
            finished,
            drain_ends,
            receiver,
            requests,
            rung,
        };
        match left {
            Ok(None) => {}
            Ok(Some(refused)) => coordinator.report(&Event::RolledBack { refused }),
            Err(text) => coordinator.warn_of(Err(text)),
        }
        Ok(coordinator)
    }
}

/// Those that mean something here. A hangup or an interrupt that this process was started to ignore stays ignored.
fn receiver(settings: &Handoff) -> selfup_signals::Result<Receiver> {
    let hangup = settings.on_hangup.as_ref().map(|_| Signal::HUP);
    let user1 = settings.on_user1.as_ref().map(|_| Signal::USR1);
    for signal in [settings.upgrade_signal, Signal::TERM, Signal::QUIT] {
        unignore(signal)?;
    }
    let always = [settings.upgrade_signal, Signal::TERM, Signal::INT, Signal::QUIT];
    Receiver::new(always.into_iter().chain(hangup).chain(user1))
}
