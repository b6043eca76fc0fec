//! The worker's reports, each of them made once.

use selfup_fetch::printable;

use crate::{
    event::Event,
    inbox::{Message, Sender},
};

/// Sends the worker's reports to the loop. A failure that repeats is reported once.
#[derive(Debug)]
pub(super) struct Reports {
    sender: Sender,
    /// The last failure that was reported.
    last: Option<String>,
    /// Whether the last poll failed.
    failing: bool,
}

impl Reports {
    pub(super) fn new(sender: Sender) -> Self {
        Self { sender, last: None, failing: false }
    }

    pub(super) fn send(&self, message: Message) {
        self.sender.send(message);
    }

    pub(super) fn report(&self, event: Event) {
        self.send(Message::Report(event));
    }

    /// Reports that the fetcher could not begin, or panicked.
    pub(super) fn broken(&mut self, reason: String) {
        self.failing = true;
        self.failed(reason);
    }

    /// Reports a failed fetch.
    pub(super) fn failed(&mut self, reason: String) {
        self.once(reason, |reason| Event::FetchFailed { reason });
    }

    /// Reports that an executable was refused.
    pub(super) fn refused(&mut self, reason: String) {
        self.once(reason, |reason| Event::Refused { reason });
    }

    /// Takes a reason as reported.
    pub(super) fn suppress(&mut self, reason: String) {
        self.last = Some(reason);
    }

    /// Has the next failure reported even if it is the same as the last one.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Notes whether the poll failed, and reports if fetching works again.
    pub(super) fn polled(&mut self, failed: bool) {
        if self.failing && !failed {
            self.forget();
            self.report(Event::FetchRecovered);
        }
        self.failing = failed;
    }

    /// Whether the last poll failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    fn once(&mut self, reason: String, event: fn(String) -> Event) {
        // The reason may quote a panic, or a file on the disk.
        let reason = printable(&reason).into_owned();
        if self.last.as_ref() != Some(&reason) {
            self.last = Some(reason.clone());
            self.report(event(reason));
        }
    }
}
