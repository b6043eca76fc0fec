//! The control socket: what operators ask goes to the loop as messages, and the answers come back.
//!
//! A thread of its own serves the socket (`selfup_control::serve`). Nothing is decided here: the lifecycle
//! decides about restarts, the worker about executables, and files beside the executable about the rest.

mod heard;
mod identities;
mod status;

use std::{
    collections::BTreeMap,
    error,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use selfup_control::{Fact, Listening, Replies, Response, Socket, serve};
use selfup_fetch::printable;
use selfup_install::Id;
use selfup_lifecycle::Ticket;
use selfup_signals::Blocked;

use identities::Identities;

use crate::{event::Event, inbox::Sender, report::Report};

/// The loop's side: the way back to the operators, and what they may ask for.
pub(crate) struct Control {
    replies: Replies,
    name: String,
    path: PathBuf,
    version: Option<String>,
    since: SystemTime,
    identities: Identities,
    facts: Facts,
}

/// The executable of this process, whatever is at its path by now.
const OWN: &str = "/proc/self/exe";

/// The source of new executables.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) is_there: bool,
    /// Where that is, without credentials.
    pub(crate) origin: Option<String>,
}

/// What the events have told so far.
#[derive(Debug, Default)]
struct Facts {
    children: BTreeMap<u64, Known>,
    sockets: Vec<Listening>,
    has_source: bool,
    /// Where new executables come from.
    source: Option<String>,
    failing: Option<String>,
    last: Option<String>,
    handovers: u64,
    committed: u64,
    rolled_back: u64,
    has_served: bool,
}

/// What is known of a child.
#[derive(Debug)]
struct Known {
    started: Instant,
    status: Option<String>,
    id: Option<Id>,
}

impl Control {
    /// Opens the socket, and serves it.
    pub(crate) fn open(
        name: String,
        path: &Path,
        version: Option<String>,
        source: Source,
        sender: &Sender,
    ) -> Result<Self, Box<dyn error::Error>> {
        let socket = Socket::open(&name)?;
        // The thread must not take a signal from the loop.
        let blocked = Blocked::all()?;
        let identities = Identities::default();
        let hear = heard::hear(path.to_owned(), identities.clone(), sender.clone());
        let replies = serve(socket, hear)?;
        drop(blocked);
        // It is known when somebody asks.
        let _own = identities.of(Path::new(OWN), path);
        let facts =
            Facts { has_source: source.is_there, source: source.origin, ..Facts::default() };
        let (path, since) = (path.to_owned(), SystemTime::now());
        Ok(Self { replies, name, path, version, since, identities, facts })
    }

    pub(crate) fn respond(&self, ticket: Ticket, response: Response) {
        self.replies.respond(ticket.0, response);
    }

    /// Sends the last answers.
    pub(crate) fn finish(&self, within: Duration) {
        self.replies.finish(within);
    }

    pub(crate) fn identified(&mut self, generation: u64, id: Id) {
        if let Some(known) = self.facts.children.get_mut(&generation) {
            known.id = Some(id);
        }
    }

    /// Remembers what an event tells, and sends it to those who listen.
    pub(crate) fn note(&mut self, report: &Report) {
        self.facts.note(&report.event);
        if self.replies.has_listeners() {
            let at = report.at.duration_since(UNIX_EPOCH).unwrap_or_default();
            self.replies.publish(Fact {
                at: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
                kind: report.event.kind().to_owned(),
                generation: report.generation,
                text: printable(&report.to_string()).into_owned(),
                facts: facts_of(&report.event),
            });
        }
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Facts {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Listening { name, address } => {
                let (name, address) = (name.clone(), address.to_string());
                self.sockets.push(Listening { name, address });
            }
            Event::Started { generation, .. } => {
                let known = Known { started: Instant::now(), status: None, id: None };
                self.children.insert(*generation, known);
            }
            Event::Ended { generation, .. } | Event::SpawnFailed { generation, .. } => {
                self.children.remove(generation);
            }
            Event::Status { generation, text } => {
                if let Some(known) = self.children.get_mut(generation) {
                    known.status = Some(text.clone());
                }
            }
            Event::Serving { .. } => {
                self.handovers += u64::from(std::mem::replace(&mut self.has_served, true));
            }
            Event::UpToDate { .. } | Event::FetchRecovered => self.failing = None,
            Event::FetchFailed { .. } | Event::FetchDisabled { .. } => {
                self.failing = Some(event.to_string());
            }
            Event::Refused { .. } | Event::Installed { .. } => {
                self.failing = None;
                self.last = Some(event.to_string());
            }
            Event::Committed { .. } => {
                self.committed += 1;
                self.last = Some(event.to_string());
            }
            Event::RolledBack { .. } => {
                self.rolled_back += 1;
                self.last = Some(event.to_string());
            }
            _ => {}
        }
    }
}

/// What an event tells besides its kind, its child and its text.
fn facts_of(event: &Event) -> selfup_control::Facts {
    // A map of names to plain values can always be written.
    let written = serde_json::to_value(event).unwrap_or_default();
    let serde_json::Value::Object(mut facts) = written else { return selfup_control::Facts::new() };
    for said in ["kind", "generation", "text"] {
        facts.remove(said);
    }
    facts
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
