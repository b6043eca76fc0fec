//! The beginning: what a predecessor has passed on, and the thread that sees to handoffs.

use std::{os::unix::net::UnixStream, sync::mpsc};

use selfup_fds::Inherited;
use selfup_program::{Serving, carry_marker, notify::Notify};
use selfup_signals::{Blocked, Receiver, Signal, unignore};

use crate::{
    coordinator::Coordinator,
    decide::{Phase, Situation},
    error::{Error, ErrorKind, Result},
    event::Event,
    manager::Manager,
    origin::{Origin, Start},
    probation::Probation,
    request::Request,
    settings::Handoff,
    successor::Recipe,
    upgrader::Upgrader,
};

impl Handoff {
    /// Begins: takes over what a predecessor has passed on, receives signals, and starts the thread that sees to
    /// handoffs. Call it first in `main`, before another thread exists.
    ///
    /// # Errors
    ///
    /// The environment, the signals or the thread. A process that was to succeed another one should end then; the
    /// other one serves on.
    pub fn start(self) -> Result<Upgrader> {
        carry_marker();
        // Until there is a receiver, signals wait.
        let blocked = Blocked::all().map_err(|error| failed("block signals", error))?;
        let start = Start::take()?;
        let inherited =
            Inherited::from_env().map_err(|error| failed("take over the sockets", error))?;
        let (bell, rung) = UnixStream::pair().map_err(|error| failed("make a pipe", error))?;
        for end in [&bell, &rung] {
            end.set_nonblocking(true).map_err(|error| failed("make a pipe", error))?;
        }
        let (requests, received) = mpsc::channel();
        let serving = Serving::new(self.idle_grace, self.terminate_timeout);
        let has_parent = !matches!(start.origin, Origin::First);
        let upgrader =
            Upgrader::new(inherited, serving.clone(), requests, bell, start.generation, has_parent);
        let coordinator = Coordinator::new(self, start, serving, received, rung, &upgrader)?;
        coordinator.spawn().map_err(|error| failed("start a thread", error))?;
        blocked.lift();
        Ok(upgrader)
    }
}

impl Coordinator {
    fn new(
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

fn failed(what: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Start, format!("could not {what}")).because(error)
}
