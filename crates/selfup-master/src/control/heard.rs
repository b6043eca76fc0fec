//! What the thread of the control socket has heard, and who does it.

use std::{
    path::{Path, PathBuf},
    process,
    time::SystemTime,
};

use selfup_control::{Heard, Outcome, Paused, Refused, Request, Response, Upgrades, Verb, Wait};
use selfup_install::{Id, Target};
use selfup_lifecycle::{Arrived, Ask, Input, Ticket, Until};
use selfup_signals::{Origin, Pid, Received, Signal};

use super::{identities::Identities, seconds};
use crate::{
    error::Chain,
    inbox::{Message, Sender},
    upgrades::order::{Order, What},
};

/// Returns what is called with each request, on the thread of the socket. What takes long there holds up
/// other operators, and nothing else.
pub(super) fn hear(
    path: PathBuf,
    identities: Identities,
    sender: Sender,
) -> impl FnMut(Heard) + Send + 'static {
    move |heard| {
        let message = match heard {
            Heard::Asked(ticket, request) => asked(&path, &identities, Ticket(ticket), request),
            Heard::Gone(ticket) => Message::Steered(Input::Forgotten(Ticket(ticket))),
        };
        sender.send(message);
    }
}

fn asked(path: &Path, identities: &Identities, ticket: Ticket, request: Request) -> Message {
    let until = match request.wait {
        Wait::No => Until::Accepted,
        Wait::Done => Until::Done,
        Wait::Probation => Until::Committed,
    };
    let order = |what| Message::Ordered(Order { asked: (ticket, until), what });
    match request.verb {
        Verb::Status => Message::WantsStatus(ticket, Box::new(upgrades(path, identities))),
        Verb::Restart => Message::Steered(Input::Asked(ticket, Ask::Restart(until))),
        Verb::Stop => Message::Steered(Input::Asked(ticket, Ask::Stop(until))),
        Verb::Upgrade => order(What::Fetch),
        Verb::Reload(file) => order(What::Install(file)),
        Verb::Rollback => match target(path).and_then(|target| target.roll_back()) {
            Ok(_) => Message::Steered(Input::Asked(ticket, Ask::Upgrade(until))),
            Err(error) => failed(ticket, &error),
        },
        Verb::Pause(reason) => match target(path).and_then(|target| target.pause(&reason)) {
            Ok(()) => done(ticket, "upgrades are paused"),
            Err(error) => failed(ticket, &error),
        },
        Verb::Resume => match target(path).and_then(|target| target.resume()) {
            Ok(true) => done(ticket, "upgrades are resumed"),
            Ok(false) => done(ticket, "upgrades were not paused"),
            Err(error) => failed(ticket, &error),
        },
        Verb::Forgive(id) => forgive(path, ticket, &id),
        Verb::Signal(name) => signal(ticket, &name),
        // The thread of the socket sends the events by itself.
        Verb::Events => done(ticket, "events follow"),
    }
}

fn forgive(path: &Path, ticket: Ticket, id: &str) -> Message {
    let Ok(id) = id.parse::<Id>() else {
        return Message::Respond(ticket, Response::new(Outcome::Malformed, "`id` is no SHA-1"));
    };
    match target(path).and_then(|target| target.forgive(id)) {
        Ok(true) => done(ticket, "forgiven: it is tried again if it is still offered"),
        Ok(false) => done(ticket, "it was not refused"),
        Err(error) => failed(ticket, &error),
    }
}

/// The signal counts as one that the master has received from itself.
fn signal(ticket: Ticket, name: &str) -> Message {
    let malformed = |text: &str| Message::Respond(ticket, Response::new(Outcome::Malformed, text));
    let Ok(signal) = name.parse::<Signal>() else {
        return malformed("`name` is no signal");
    };
    if !signal.is_forwardable() {
        return malformed("this signal cannot be received, or is not forwarded");
    }
    let origin = Origin::Process { pid: Pid::new(process::id().cast_signed()), uid: uid() };
    let received = Received::new(signal, origin);
    Message::Signalled(ticket, Arrived { received, group_has_it: false })
}

fn uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

/// What the files beside the executable say.
fn upgrades(path: &Path, identities: &Identities) -> Upgrades {
    let Ok(target) = Target::new(path) else { return Upgrades::default() };
    let previous = target.previous();
    let refused = target.refusals().unwrap_or_default();
    Upgrades {
        installed: identities.of(path, path),
        previous: previous.and_then(|it| identities.of(it.path(), it.path())),
        paused: target.paused().map(|pause| Paused {
            reason: pause.reason().to_owned(),
            since: seconds(pause.since()),
        }),
        refused: refused
            .iter()
            .map(|refusal| Refused {
                id: refusal.id().to_string(),
                reason: refusal.reason().to_owned(),
                since: seconds(refusal.time()),
                retry_at: refusal.retry_at().map(|at: SystemTime| seconds(at)),
            })
            .collect(),
        ..Upgrades::default()
    }
}

fn target(path: &Path) -> Result<Target, selfup_install::Error> {
    Target::new(path)
}

fn done(ticket: Ticket, text: &str) -> Message {
    Message::Respond(ticket, Response::new(Outcome::Done, text))
}

fn failed(ticket: Ticket, error: &selfup_install::Error) -> Message {
    let response = Response::new(Outcome::Refused, Chain(error).to_string());
    Message::Respond(ticket, response.with_reason("refused"))
}
