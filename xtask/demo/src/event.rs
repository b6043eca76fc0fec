//! Everything that the demo waits for, in one queue.

use super::clients::Done;
use selfup_signals::Signal;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;
use xtask_support::stop::Stop;

#[derive(Debug)]
pub(super) enum Event {
    /// A line that the started program wrote to its standard output.
    Out(String),
    /// A line that it wrote to its standard error.
    Err(String),
    /// The program, and all that it started, have closed both.
    Ended,
    /// A request was answered or lost.
    Done(Done),
    /// A signal asks the demo to end.
    Interrupted(Signal),
}

/// The queue.
#[derive(Debug)]
pub(super) struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

/// How long to wait at most before looking at the clock: about a frame of a spinner.
const TICK: Duration = Duration::from_millis(80);

impl Events {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel();
        Self { sender, receiver }
    }

    pub(super) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// The next event; `None` if none came in a while, so that the caller can look at the clock.
    pub(super) fn next(&self) -> Result<Option<Event>, Stop> {
        match self.next_uninterrupted() {
            Some(Event::Interrupted(signal)) => Err(Stop::Interrupted(signal)),
            event => Ok(event),
        }
    }

    /// As [`next`](Self::next), for use while the demo is ending already.
    pub(super) fn next_uninterrupted(&self) -> Option<Event> {
        // It is never disconnected: a sender is kept here.
        self.receiver.recv_timeout(TICK).ok()
    }
}
