//! Clients that call the app all the time.

use super::event::Event;
use super::line::{HELLO, Line};
use selfup_load::{Config, Ended, Lane, Load, Report, Running};
use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// The outcome of a request.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) kind: Kind,
    pub(super) took: Duration,
    /// The line of the app, or the reason why the request is lost.
    pub(super) outcome: Result<Line, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On a connection of its own.
    New,
    /// On a connection that is kept from one request to the next.
    Kept,
    /// A slow request, with its number: the app is asked to delay the response.
    Slow(u32),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "a request on a new connection",
            Self::Kept => "a request on a kept connection",
            Self::Slow(_) => "a slow request",
        })
    }
}

/// How many connections are kept.
const KEPT: usize = 2;
/// Longer than any response takes, slow ones included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Clients that call until they are stopped.
#[derive(Debug)]
pub(super) struct Clients {
    address: SocketAddr,
    events: Sender<Event>,
    calls: Option<Running>,
    slow: Vec<Running>,
}

impl Clients {
    /// How often all of them together call; half of that on new connections.
    pub(super) const PER_SECOND: u32 = 100;

    pub(super) fn start(address: SocketAddr, events: Sender<Event>) -> Self {
        let rate = f64::from(Self::PER_SECOND) / 2.0;
        let lanes = [Lane::new("new").rate(rate), Lane::new("kept").rate(rate).keep_alive(KEPT)];
        let calls = call(address, lanes, [Kind::New, Kind::Kept], &events);
        Self { address, events, calls: Some(calls), slow: Vec::new() }
    }

    /// Makes one request that is answered after `hold`, and returns its number.
    pub(super) fn ask_slowly(&mut self, hold: Duration) -> u32 {
        let number = u32::try_from(self.slow.len()).unwrap_or(u32::MAX);
        let lane = Lane::new("slow").limit(1).path(&format!("/slow?ms={}", hold.as_millis()));
        self.slow.push(call(self.address, [lane], [Kind::Slow(number)], &self.events));
        number
    }

    /// Stops the prompt requests; slow requests go on.
    pub(super) fn fall_silent(&mut self) {
        self.calls = None;
    }

    /// Returns when the outcome of the last request is in the queue of events: the tallies of the
    /// prompt requests, and of the slow ones.
    pub(super) fn stop(self) -> (Report, Vec<Report>) {
        let calls = self.calls.map(Running::stop).unwrap_or_default();
        (calls, self.slow.into_iter().map(Running::finish).collect())
    }
}

/// Makes an event of the end of every request.
fn call<const N: usize>(
    address: SocketAddr,
    lanes: [Lane; N],
    kinds: [Kind; N],
    events: &Sender<Event>,
) -> Running {
    let events = events.clone();
    let config = Config::new(address).timeout(PATIENCE).each(move |ended| {
        events.send(Event::Done(Done::new(kinds[ended.lane], ended))).ok();
    });
    Load::start(lanes.into_iter().fold(config, Config::lane))
}

impl Done {
    fn new(kind: Kind, ended: &Ended<'_>) -> Self {
        let outcome = ended.outcome.clone().and_then(hello);
        Self { kind, took: ended.at.saturating_sub(ended.due), outcome }
    }
}

/// The line in a response; anything else counts as no response.
fn hello(body: &[u8]) -> Result<Line, String> {
    let body = String::from_utf8_lossy(body);
    let line = body.strip_suffix('\n').and_then(Line::parse).filter(|line| line.says == HELLO);
    line.ok_or_else(|| format!("the response was {body:?}"))
}
