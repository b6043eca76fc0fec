//! The worker's reports, each of them made once.

use selfup_fetch::printable;

use crate::{
    error::{Chain, ErrorKind},
    event::Event,
    inbox::{Message, Sender},
};

/// Why there is no upgrade for now.
#[derive(Debug)]
pub(super) struct Failure {
    kind: ErrorKind,
    reason: String,
}

/// Sends the worker's reports to the loop. A failure that repeats is reported once.
#[derive(Debug)]
pub(super) struct Reports {
    sender: Sender,
    /// The last failure that was reported.
    last: Option<String>,
    /// Whether the last poll failed.
    failing: bool,
}

impl From<&selfup_fetch::Error> for Failure {
    fn from(error: &selfup_fetch::Error) -> Self {
        Self { kind: ErrorKind::Fetch, reason: Chain(error).to_string() }
    }
}

impl From<&selfup_install::Error> for Failure {
    fn from(error: &selfup_install::Error) -> Self {
        Self { kind: ErrorKind::from(error), reason: Chain(error).to_string() }
    }
}

impl Failure {
    pub(super) fn into_reason(self) -> String {
        self.reason
    }
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
        self.failed(Failure { kind: ErrorKind::Fetch, reason });
    }

    /// Reports a failed fetch.
    pub(super) fn failed(&mut self, failure: Failure) {
        let Failure { kind, reason } = failure;
        self.once(reason, |reason| Event::FetchFailed { kind, reason });
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

    fn once(&mut self, reason: String, event: impl FnOnce(String) -> Event) {
        // The reason may quote a panic, or a file on the disk.
        let reason = printable(&reason).into_owned();
        if self.last.as_ref() != Some(&reason) {
            self.last = Some(reason.clone());
            self.report(event(reason));
        }
    }
}
