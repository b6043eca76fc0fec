//! Reads the messages of a child, a bounded number in each turn of the loop.

use selfup_channel::{FromChild, Incoming, VERSION};
use selfup_fetch::printable;
use selfup_lifecycle::{Input, Unsuitable};

use crate::{children::Running, event::Event, trust::MOST_KEYS, warning::Warning};

/// The most messages of one child in a turn. The rest stays in its channel, so that the loop looks at the
/// signals in between.
pub(super) const PER_TURN: usize = 64;

/// More than a channel holds: everything that a child sent before it ended.
pub(super) const ALL: usize = 4096;

/// What follows from the messages of a child. Equal messages count once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) inputs: Vec<Input>,
    pub(super) reports: Vec<Event>,
    /// Whether the child has responded to the question whether it is alive.
    pub(super) is_alive: bool,
    /// The latest status.
    status: Option<String>,
    malformed: usize,
}

/// Reads at most this many messages.
pub(super) fn read(child: &mut Running, most: usize) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..most {
        let Some(incoming) = child.receive() else { break };
        batch.add(child, incoming);
    }
    let generation = child.generation.number();
    if batch.malformed > 0 {
        let malformed = batch.malformed;
        let warning = Warning::UnreadableMessages { generation, count: malformed };
        batch.reports.push(Event::Warning(warning));
    }
    let status = batch.status.take();
    batch.reports.extend(status.map(|text| Event::Status { generation, text }));
    batch
}

impl Batch {
    fn add(&mut self, child: &mut Running, incoming: Incoming<FromChild>) {
        match incoming {
            Incoming::Message(message) => self.add_message(child, message),
            Incoming::Malformed => self.malformed += 1,
            Incoming::Nothing | Incoming::Closed => {}
        }
    }

    fn add_message(&mut self, child: &mut Running, message: FromChild) {
        let generation = child.generation;
        match message {
            FromChild::Hello { version: VERSION, program } => {
                child.version = program.map(|version| printable(&version).into_owned());
            }
            FromChild::Hello { version, .. } => {
                let warning = Warning::OtherProtocol { generation: generation.number(), version };
                if self.add_input(Input::Unsuitable(generation, Unsuitable::Protocol)) {
                    self.reports.push(Event::Warning(warning));
                }
            }
            FromChild::LacksSockets(names) => {
                let warning = Warning::MissingSockets { generation: generation.number(), names };
                if self.add_input(Input::Unsuitable(generation, Unsuitable::Sockets)) {
                    self.reports.push(Event::Warning(warning));
                }
            }
            FromChild::Ready => drop(self.add_input(Input::Ready(generation))),
            FromChild::Restart => drop(self.add_input(Input::AskedToRestart(generation))),
            FromChild::Status(text) => self.status = Some(printable(&text).into_owned()),
            FromChild::NotReady(why) => child.lacks = Some(why),
            FromChild::TrustsKey(key) if child.keys.len() < MOST_KEYS => child.keys.push(key),
            FromChild::TrustsKey(_) => self.malformed += 1,
            FromChild::Connections(count) => child.connections = Some(count),
            FromChild::Alive => self.is_alive = true,
            FromChild::Unknown(_) => {}
        }
    }

    /// Adds an input, and returns whether it is new.
    fn add_input(&mut self, input: Input) -> bool {
        let is_new = !self.inputs.contains(&input);
        if is_new {
            self.inputs.push(input);
        }
        is_new
    }
}
