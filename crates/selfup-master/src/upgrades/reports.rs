//! The worker's reports, each of them made once.

use selfup_fetch::printable;
use selfup_install::Id;

use crate::{
    error::ErrorKind,
    event::Event,
    inbox::{Message, Sender},
    reason::RefusalReason,
    why::Reason,
};

/// Why there is no upgrade for now.
#[derive(Debug)]
pub(super) struct Failure {
    kind: ErrorKind,
    reason: Reason,
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
        Self { kind: ErrorKind::Fetch, reason: Reason::of(error) }
    }
}

impl From<&selfup_install::Error> for Failure {
    fn from(error: &selfup_install::Error) -> Self {
        Self { kind: ErrorKind::from(error), reason: Reason::of(error) }
    }
}

impl Failure {
    pub(super) fn into_reason(self) -> String {
        self.reason.to_string()
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
    pub(super) fn broken(&mut self, reason: Reason) {
        self.count(true);
        self.failing = true;
        self.failed(Failure { kind: ErrorKind::Fetch, reason });
    }

    /// Reports a failed fetch.
    pub(super) fn failed(&mut self, failure: Failure) {
        let Failure { kind, reason } = failure;
        // The reason may quote a panic, or a file on the disk.
        let reason = reason.map(|text| printable(&text).into_owned());
        self.once(reason.to_string(), Event::FetchFailed { kind, reason });
    }

    /// Reports that an executable was refused.
    pub(super) fn refused(&mut self, id: Option<Id>, reason: RefusalReason) {
        self.once(reason.to_string(), Event::Refused { id, reason });
    }

    /// Takes a reason as reported.
    pub(super) fn suppress(&mut self, reason: &RefusalReason) {
        self.last = Some(reason.to_string());
    }

    /// Has the next failure reported even if it is the same as the last one.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Counts a poll, for the recorder of metrics.
    pub(super) fn count(&self, failed: bool) {
        #[cfg(feature = "metrics")]
        crate::observe::meters::fetched(failed);
        #[cfg(not(feature = "metrics"))]
        let _uncounted = failed;
    }

    /// Notes whether the poll failed, and reports if fetching works again.
    pub(super) fn polled(&mut self, failed: bool) {
        self.count(failed);
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

    fn once(&mut self, reason: String, event: Event) {
        if self.last.as_ref() != Some(&reason) {
            self.last = Some(reason);
            self.report(event);
        }
    }
}
