//! Clients that call the app all the time.

use super::event::Event;
use super::exchange::Connection;
use super::line::{HELLO, Line};
use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What became of a request.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) kind: Kind,
    pub(super) took: Duration,
    /// What the app said, or why the request is lost.
    pub(super) outcome: Result<Line, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On a connection of its own.
    New,
    /// On a connection that is kept from one request to the next.
    Kept,
    /// Asked to be answered late; they are numbered.
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

/// One client for each: two that come anew each time, two that stay.
const CLIENTS: [Kind; 4] = [Kind::New, Kind::New, Kind::Kept, Kind::Kept];
/// From one request of a client to its next.
const PAUSE: Duration = Duration::from_millis(40);

/// They call until they are stopped.
#[derive(Debug)]
pub(super) struct Clients {
    address: SocketAddr,
    events: Sender<Event>,
    /// Dropping it tells them all to stop.
    running: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    asked_slowly: u32,
}

impl Clients {
    /// How often all of them together call.
    pub(super) const PER_SECOND: u128 = CLIENTS.len() as u128 * 1000 / PAUSE.as_millis();

    pub(super) fn start(address: SocketAddr, events: Sender<Event>) -> Self {
        let (mut running, mut threads) = (Vec::new(), Vec::new());
        for kind in CLIENTS {
            let (alive, stopped) = mpsc::channel();
            let client = Client { address, kind, kept: None };
            let events = events.clone();
            running.push(alive);
            threads.push(thread::spawn(move || client.call_until(&stopped, &events)));
        }
        Self { address, events, running, threads, asked_slowly: 0 }
    }

    /// Makes one request that is answered after `hold`, and returns when it is on its way: its
    /// number.
    pub(super) fn ask_slowly(&mut self, hold: Duration) -> u32 {
        let (number, start) = (self.asked_slowly, Instant::now());
        let asked = Connection::open(self.address).and_then(|mut connection| {
            connection.ask(&format!("/slow?ms={}", hold.as_millis()), false)?;
            Ok(connection)
        });
        let events = self.events.clone();
        self.threads.push(thread::spawn(move || {
            let outcome = asked.and_then(|mut connection| hello(&connection.answer()?));
            let done = Done { kind: Kind::Slow(number), took: start.elapsed(), outcome };
            events.send(Event::Done(done)).ok();
        }));
        self.asked_slowly += 1;
        number
    }

    /// Returns when what became of the last request is in the queue of events.
    pub(super) fn stop(self) {
        drop(self.running);
        for thread in self.threads {
            // A panic was printed.
            thread.join().ok();
        }
    }
}

struct Client {
    address: SocketAddr,
    kind: Kind,
    kept: Option<Connection>,
}

impl Client {
    fn call_until(mut self, stopped: &Receiver<()>, events: &Sender<Event>) {
        let mut due = Instant::now();
        loop {
            let start = Instant::now();
            let outcome = self.call();
            let done = Done { kind: self.kind, took: start.elapsed(), outcome };
            events.send(Event::Done(done)).ok();
            // Who was kept waiting does not make up for it by calling all the faster.
            due = (due + PAUSE).max(Instant::now());
            let pause = due.saturating_duration_since(Instant::now());
            if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn call(&mut self) -> Result<Line, String> {
        let keep = self.kind == Kind::Kept;
        let mut connection = match self.kept.take().filter(Connection::usable) {
            Some(connection) => connection,
            None => Connection::open(self.address)?,
        };
        connection.ask("/", keep)?;
        let body = connection.answer()?;
        self.kept = keep.then_some(connection);
        hello(&body)
    }
}

/// The line in an answer; anything else is as bad as none.
fn hello(body: &str) -> Result<Line, String> {
    let line = body.strip_suffix('\n').and_then(Line::parse).filter(|line| line.says == HELLO);
    line.ok_or_else(|| format!("the answer was {body:?}"))
}
