//! What a child says in one turn of the loop: so much at most, and of a status the latest.

use selfup_channel::{FromChild, Incoming, VERSION};
use selfup_fetch::printable;
use selfup_lifecycle::{Event, Unsuitable};

use crate::{children::Running, event::Event as Told};

/// So many messages are read of one child in a turn. The rest stays in its channel, and signals are
/// looked at before.
pub(super) const PER_TURN: usize = 64;

/// More than a channel holds: all that a child that has ended can have said.
pub(super) const ALL: usize = 4096;

/// What came of it. What was said several times counts once.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) events: Vec<Event>,
    /// It has answered the question whether it is alive.
    pub(super) alive: bool,
    pub(super) told: Vec<Told>,
    status: Option<String>,
    malformed: usize,
}

/// Reads at most so many messages.
pub(super) fn hear(child: &mut Running, most: usize) -> Heard {
    let mut heard = Heard::default();
    for _ in 0..most {
        let Some(incoming) = child.hear() else { break };
        heard.take(child, incoming);
    }
    let number = child.generation.number();
    heard.told.extend(match heard.malformed {
        0 => None,
        malformed => {
            let reason = format!("child #{number} sent {malformed} messages that cannot be read");
            Some(Told::Warning { reason })
        }
    });
    heard.told.extend(heard.status.take().map(|text| Told::Status { generation: number, text }));
    heard
}

impl Heard {
    fn take(&mut self, child: &mut Running, incoming: Incoming<FromChild>) {
        match incoming {
            Incoming::Message(message) => self.take_message(child, message),
            Incoming::Malformed => self.malformed += 1,
            Incoming::Nothing | Incoming::Closed => {}
        }
    }

    fn take_message(&mut self, child: &mut Running, message: FromChild) {
        let generation = child.generation;
        match message {
            FromChild::Hello { version: VERSION, program } => {
                child.version = program.map(|version| printable(&version).into_owned());
            }
            FromChild::Hello { version, .. } => {
                let reason = format!(
                    "child {generation} speaks version {version} of the control protocol, this \
                     master version {VERSION}; restart the service to replace the master"
                );
                if self.add(Event::Unsuitable(generation, Unsuitable::Protocol)) {
                    self.told.push(Told::Warning { reason });
                }
            }
            FromChild::LacksSockets(names) => {
                let reason = format!(
                    "child {generation} listens on {names}, which this master does not have; stop \
                     and start the service to have it bound"
                );
                if self.add(Event::Unsuitable(generation, Unsuitable::Sockets)) {
                    self.told.push(Told::Warning { reason });
                }
            }
            FromChild::Ready => drop(self.add(Event::Ready(generation))),
            FromChild::Restart => drop(self.add(Event::AskedToRestart(generation))),
            FromChild::Status(text) => self.status = Some(printable(&text).into_owned()),
            FromChild::NotReady(why) => child.lacks = Some(why),
            FromChild::Alive => self.alive = true,
            FromChild::Unknown(_) => {}
        }
    }

    /// Whether it is new.
    fn add(&mut self, event: Event) -> bool {
        let new = !self.events.contains(&event);
        if new {
            self.events.push(event);
        }
        new
    }
}
