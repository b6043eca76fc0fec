//! The thread that polls for upgrades.

use std::{
    any::Any,
    convert::Infallible,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use selfup_fetch::{Backoff, Fetch, RunningExecutable, printable};

use super::{
    doubt::Doubts,
    intake::Intake,
    order::OrderDone,
    reports::Reports,
    shared::Shared,
    source::Source,
    word::{Heard, Over},
};
use crate::{
    acceptance::Acceptance, error::ErrorKind, event::Event, inbox::Sender, warning::Warning,
    why::Reason,
};

/// The longest pause after failed attempts, unless the polling interval is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// After this many panics without a completed poll in between, the worker gives up.
const MOST_PANICS: u32 = 5;

/// How long a worker without a source sleeps, unless there is an order.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The configuration of the worker.
pub(crate) struct Plan {
    pub(crate) fetcher: Box<dyn Fetch>,
    /// Whether the fetcher is asked by itself, and not only if an operator orders it.
    pub(crate) has_source: bool,
    pub(crate) acceptance: Acceptance,
    pub(crate) min_interval: Duration,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("path", &self.acceptance.path).finish_non_exhaustive()
    }
}

/// Polls the fetcher, and takes in what it brings.
pub(super) struct Worker {
    pub(super) fetcher: Box<dyn Fetch>,
    pub(super) source: Source,
    pub(super) shared: Arc<Shared>,
    pub(super) interval: Duration,
    pub(super) intake: Intake,
    pub(super) doubts: Doubts,
    pub(super) reports: Reports,
    pub(super) heard: Heard,
    /// Whether an upgrade of an earlier master is undecided. Nothing is fetched before its verdict.
    is_undecided: bool,
    /// Whether something has been settled, so that what comes next is new by what the source says.
    pub(super) has_settled: bool,
    /// Whether the fetcher's caution has been reported.
    has_cautioned: bool,
    /// The number of polls that were completed without a panic.
    pub(super) polls: u64,
    /// How many times in a row another process was installing.
    pub(super) busy: u32,
    /// How many times in a row the source changed while it was read.
    pub(super) overtaken: u32,
}

impl Worker {
    pub(super) fn new(
        plan: Plan,
        sender: Sender,
        shared: Arc<Shared>,
        heard: Heard,
        is_undecided: bool,
    ) -> Self {
        let interval = plan.fetcher.interval().unwrap_or_default().max(plan.min_interval);
        Self {
            fetcher: plan.fetcher,
            source: if plan.has_source { Source::NotBegun } else { Source::Missing },
            interval,
            intake: Intake::new(plan.acceptance, Arc::clone(&shared)),
            shared,
            doubts: Doubts::new(interval, seed()),
            reports: Reports::new(sender),
            heard,
            is_undecided,
            has_settled: false,
            has_cautioned: false,
            polls: 0,
            busy: 0,
            overtaken: 0,
        }
    }

    /// Works until the master ends.
    ///
    /// Fetchers and hooks may contain any code, and the service has to survive it: after a panic the
    /// worker starts again, and asks the source no more if it only panics.
    pub(super) fn run(mut self) {
        let mut backoff = self.backoff();
        let mut panics = 0;
        loop {
            let polls = self.polls;
            let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work())) else { return };
            let reason = format!("the thread that fetches panicked: {}", message(&*panic));
            self.answer(OrderDone::Failed(printable(&reason).into_owned()));
            if matches!(self.source, Source::Missing | Source::Disabled(_)) {
                continue;
            }
            panics = if self.polls > polls { 1 } else { panics + 1 };
            if panics >= MOST_PANICS {
                let reason = printable(&format!("{reason} ({panics} times in a row)")).into_owned();
                self.disable(ErrorKind::Fetch, reason.into());
                continue;
            }
            self.reports.broken(format!("{reason}; it starts anew").into());
            if panics == 1 {
                backoff = self.backoff();
            }
            if self.pause(backoff.after_failure(None)).is_err() {
                return;
            }
        }
    }

    /// Returns when the master has ended.
    fn work(&mut self) {
        if self.is_undecided {
            // Without a loop, the next wait returns at once.
            let _verdict = self.heard.verdict(&self.reports);
        }
        self.is_undecided = false;
        let Err(Over) = self.fetch().and_then(|()| self.only_follow_orders());
    }

    /// Fetches as long as the source can be asked.
    fn fetch(&mut self) -> Result<(), Over> {
        if matches!(self.source, Source::Missing | Source::Disabled(_)) {
            return Ok(());
        }
        let mut backoff = self.backoff();
        loop {
            let Err(error) = self.fetcher.init(&self.current()) else { break };
            let reason = Reason::of(&error);
            if error.kind() == selfup_fetch::ErrorKind::Configuration && !error.is_transient() {
                self.disable(ErrorKind::Configuration, reason);
                return Ok(());
            }
            self.reports.broken(reason);
            self.pause(backoff.after_failure(error.retry_after()))?;
        }
        self.source = Source::Begun;
        if let Some(text) = self.fetcher.caution(&self.current())
            && !self.has_cautioned
        {
            self.has_cautioned = true;
            self.reports.report(Event::Warning(Warning::Source { text }));
        }
        loop {
            let pause = self.poll_once(&mut backoff);
            self.pause(pause)?;
        }
    }

    /// Asks the source no more. What operators order is installed all the same.
    fn disable(&mut self, kind: ErrorKind, reason: Reason) {
        self.source = Source::Disabled(reason.to_string());
        self.reports.report(Event::FetchDisabled { kind, reason });
    }

    fn only_follow_orders(&mut self) -> Result<Infallible, Over> {
        loop {
            self.pause(NEVER)?;
        }
    }

    /// Waits, and does what operators order meanwhile.
    fn pause(&mut self, pause: Duration) -> Result<(), Over> {
        let now = Instant::now();
        let until = now.checked_add(pause).unwrap_or(now + NEVER);
        let is_asked = !matches!(self.source, Source::Missing | Source::Disabled(_));
        let next_look = SystemTime::now().checked_add(pause).filter(|_| is_asked);
        self.shared.looks().next = next_look;
        let waited = self.wait(until);
        self.shared.looks().next = None;
        waited
    }

    fn wait(&mut self, until: Instant) -> Result<(), Over> {
        while let Some(order) = self.heard.order(until)? {
            self.follow(order);
        }
        Ok(())
    }

    pub(super) fn current(&self) -> RunningExecutable {
        self.intake.current(self.doubts.is_signature_due())
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(self.interval, LONGEST_PAUSE.max(self.interval), seed())
    }
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// A number that differs in every process, so that many hosts do not poll in step.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
