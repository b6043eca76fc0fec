//! The thread that polls for upgrades.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use selfup_fetch::{Artifact, Backoff, Fetch, Outcome, RunningExecutable, printable};
use selfup_install::ErrorKind;

use super::{
    blame::{Blame, asked_to_wait, blame, is_overtaken, may_be_damaged},
    doubt::Doubts,
    intake::{Intake, wait_for},
    reports::{Failure, Reports},
    shared::Shared,
    verdict::Verdict,
};
use crate::{acceptance::Acceptance, error::Chain, event::Event, inbox::Sender};

/// The longest pause after failed attempts, unless the polling interval is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// After this many panics without a completed poll in between, the worker gives up.
const MOST_PANICS: u32 = 5;

/// How long a worker without a source sleeps, unless there is an order.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many times in a row another process may be installing before that is reported. Masters that share
/// an executable install one after the other, which takes some time.
const MOST_BUSY: u32 = 60;

/// How many times in a row the source may change while it is read before that is reported: it is no
/// fault to publish often.
const MOST_OVERTAKEN: u32 = 5;

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
    fetcher: Box<dyn Fetch>,
    pub(super) has_source: bool,
    pub(super) shared: Arc<Shared>,
    interval: Duration,
    pub(super) intake: Intake,
    doubts: Doubts,
    pub(super) reports: Reports,
    pub(super) verdicts: mpsc::Receiver<Verdict>,
    /// Whether an upgrade of an earlier master is undecided. Nothing is fetched before its verdict.
    is_undecided: bool,
    /// Whether something has been settled, so that what comes next is new by what the source says.
    has_settled: bool,
    /// Whether the fetcher could begin.
    pub(super) has_begun: bool,
    /// Whether the fetcher's caution has been reported.
    has_cautioned: bool,
    /// The number of polls that were completed without a panic.
    polls: u64,
    /// How many times in a row another process was installing.
    busy: u32,
    /// How many times in a row the source changed while it was read.
    overtaken: u32,
}

/// The result of a poll.
pub(super) enum Poll {
    Nothing,
    Arrived(Outcome),
    /// What came is worth another attempt. The failure is reported, if there is one.
    Doubted {
        failure: Option<Failure>,
    },
    /// The source changed while it was read.
    Overtaken,
    /// Another process is installing at this moment.
    Busy {
        failure: Failure,
    },
    Failed {
        failure: Failure,
        asked: Option<Duration>,
    },
}

impl Worker {
    pub(super) fn new(
        plan: Plan,
        sender: Sender,
        shared: Arc<Shared>,
        verdicts: mpsc::Receiver<Verdict>,
        is_undecided: bool,
    ) -> Self {
        let interval = plan.fetcher.interval().unwrap_or_default().max(plan.min_interval);
        Self {
            fetcher: plan.fetcher,
            has_source: plan.has_source,
            shared: Arc::clone(&shared),
            interval,
            intake: Intake::new(plan.acceptance, shared),
            doubts: Doubts::new(interval, seed()),
            reports: Reports::new(sender),
            verdicts,
            is_undecided,
            has_settled: false,
            has_begun: false,
            has_cautioned: false,
            polls: 0,
            busy: 0,
            overtaken: 0,
        }
    }

    /// Works until the master ends.
    ///
    /// Fetchers and hooks may contain any code, and the service has to survive it: after a panic the
    /// worker starts again, unless it only panics.
    pub(super) fn run(mut self) {
        let mut backoff = self.backoff();
        let mut panics = 0;
        loop {
            let polls = self.polls;
            let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work())) else { return };
            panics = if self.polls > polls { 1 } else { panics + 1 };
            let reason = format!("the thread that fetches panicked: {}", message(&*panic));
            if panics >= MOST_PANICS {
                let reason = printable(&format!("{reason} ({panics} times in a row)")).into_owned();
                return self.reports.report(Event::FetchDisabled { reason });
            }
            self.reports.broken(format!("{reason}; it starts anew"));
            if panics == 1 {
                backoff = self.backoff();
            }
            if !self.pause(backoff.after_failure(None)) {
                return;
            }
        }
    }

    fn work(&mut self) {
        if self.is_undecided {
            // Without a loop, the next wait returns at once.
            let _verdict = wait_for(&self.verdicts);
        }
        self.is_undecided = false;
        if !self.has_source {
            while self.pause(NEVER) {}
            return;
        }
        let mut backoff = self.backoff();
        loop {
            let Err(error) = self.fetcher.init(&self.current()) else { break };
            let reason = Chain(&error).to_string();
            if error.kind() == selfup_fetch::ErrorKind::Configuration && !error.is_transient() {
                return self.reports.report(Event::FetchDisabled { reason });
            }
            self.reports.broken(reason);
            if !self.pause(backoff.after_failure(error.retry_after())) {
                return;
            }
        }
        self.has_begun = true;
        if let Some(reason) = self.fetcher.caution(&self.current())
            && !self.has_cautioned
        {
            self.has_cautioned = true;
            self.reports.report(Event::Warning { reason });
        }
        loop {
            let poll = self.poll();
            self.polls += 1;
            let failed = self.has_failed(&poll);
            self.reports.polled(failed);
            if !matches!(poll, Poll::Busy { .. }) {
                self.busy = 0;
            }
            let pause = self.conclude(poll, &mut backoff);
            if !self.pause(pause) {
                return;
            }
        }
    }

    /// Acts on the result of a poll, and returns the pause before the next one.
    fn conclude(&mut self, poll: Poll, backoff: &mut Backoff) -> Duration {
        match poll {
            Poll::Nothing => backoff.after_success(self.interval),
            Poll::Arrived(outcome) => {
                self.settled(outcome);
                backoff.after_success(self.interval)
            }
            Poll::Doubted { failure } => {
                if let Some(failure) = failure {
                    self.reports.failed(failure);
                }
                // A fetcher that sees by itself whether there is something else is polled as usual.
                let pause = backoff.after_success(self.interval);
                match self.doubts.left() {
                    Some(left) if !self.fetcher.holds_back() => pause.max(left),
                    _ => pause,
                }
            }
            Poll::Overtaken => {
                self.failed();
                backoff.after_success(self.interval)
            }
            Poll::Busy { failure } => {
                self.failed();
                self.busy = self.busy.saturating_add(1);
                if self.is_stuck_behind_another() {
                    self.reports.failed(failure);
                }
                backoff.after_success(self.interval)
            }
            Poll::Failed { failure, asked } => {
                self.failed();
                self.reports.failed(failure);
                backoff.after_failure(asked)
            }
        }
    }

    /// Something has come, and it is settled what became of it.
    pub(super) fn settled(&mut self, outcome: Outcome) {
        if !matches!(outcome, Outcome::Refused | Outcome::Doubtful) {
            self.reports.forget();
        }
        self.doubts.settle_bytes();
        self.has_settled = true;
        self.fetcher.report(outcome);
    }

    pub(super) fn failed(&mut self) {
        self.fetcher.report(Outcome::Failed);
    }

    /// Waits, does what operators order meanwhile, and returns whether the master still runs. A verdict
    /// outside of a trial does not come.
    fn pause(&mut self, pause: Duration) -> bool {
        let now = Instant::now();
        let until = now.checked_add(pause).unwrap_or(now + NEVER);
        loop {
            self.follow_orders();
            let left = until.saturating_duration_since(Instant::now());
            match self.verdicts.recv_timeout(left) {
                Ok(Verdict::Ordered) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    pub(super) fn poll(&mut self) -> Poll {
        if let Err(error) = self.intake.prepare() {
            return Poll::Failed { failure: Failure::from(&error), asked: None };
        }
        self.intake.look_at_what_serves();
        if self.intake.is_busy() || self.intake.paused().is_some() {
            return Poll::Nothing;
        }
        let is_retry = self.intake.may_try_again() || self.doubts.is_due();
        if is_retry {
            self.intake.release();
            self.fetcher.retry();
        }
        match self.fetcher.fetch(&self.current()) {
            // What is in doubt is still what there is.
            Ok(None) if self.doubts.are_bytes_doubted() && !is_retry => {
                Poll::Doubted { failure: None }
            }
            Ok(None) => {
                self.doubts.settle_bytes();
                if is_retry {
                    self.doubts.settle_suspicion();
                }
                Poll::Nothing
            }
            Ok(Some(artifact)) => {
                if !is_retry {
                    // The source has changed, or has nothing by which that could be seen.
                    self.doubts.settle_bytes();
                    if !artifact.signed_anew {
                        self.doubts.settle_suspicion();
                    }
                }
                self.take_in(artifact)
            }
            Err(error) => {
                Poll::Failed { failure: Failure::from(&error), asked: error.retry_after() }
            }
        }
    }

    pub(super) fn take_in(&mut self, artifact: Artifact) -> Poll {
        let (signed_anew, is_vouched) = (artifact.signed_anew, !artifact.digests.is_empty());
        let taken = self.intake.take_in(artifact, &self.verdicts, &mut self.reports);
        if let Err(error) = &taken
            && is_overtaken(error)
            && self.overtaken < MOST_OVERTAKEN
        {
            self.overtaken += 1;
            return Poll::Overtaken;
        }
        self.overtaken = 0;
        let is_suspect = !is_vouched && taken.as_ref().is_err_and(may_be_damaged);
        let poll = match taken {
            // The validators are new, and no digest vouches for the bytes: a cache may have returned
            // the bytes that it still had.
            Ok(Outcome::UpToDate) if self.has_settled && !is_vouched => {
                self.doubts.the_same();
                self.fetcher.report(Outcome::Doubtful);
                if self.fetcher.holds_back() {
                    return Poll::Doubted { failure: None };
                }
                // Without validators each poll brings the same.
                Poll::Arrived(Outcome::UpToDate)
            }
            Ok(outcome) => Poll::Arrived(outcome),
            Err(error) => match blame(&error) {
                Blame::Proven => {
                    self.reports.refused(Chain(&error).to_string());
                    Poll::Arrived(Outcome::Refused)
                }
                Blame::Doubted => {
                    self.doubts.damaged(asked_to_wait(&error));
                    self.fetcher.report(Outcome::Doubtful);
                    return Poll::Doubted { failure: Some(Failure::from(&error)) };
                }
                Blame::Nothing if error.kind() == ErrorKind::Busy => {
                    Poll::Busy { failure: Failure::from(&error) }
                }
                Blame::Nothing => {
                    Poll::Failed { failure: Failure::from(&error), asked: asked_to_wait(&error) }
                }
            },
        };
        match poll {
            Poll::Arrived(_) if is_suspect => self.doubts.suspect(),
            Poll::Arrived(_) => self.doubts.settle_suspicion(),
            _ => {}
        }
        match poll {
            Poll::Arrived(Outcome::Refused) if signed_anew => self.doubts.signed_in_vain(),
            Poll::Arrived(_) => self.doubts.settle_signature(),
            _ => {}
        }
        poll
    }

    /// Whether a poll counts as a failure.
    fn has_failed(&self, poll: &Poll) -> bool {
        match poll {
            Poll::Failed { .. } | Poll::Doubted { failure: Some(_) } => true,
            Poll::Busy { .. } => self.is_stuck_behind_another(),
            // This is neither a success nor a failure yet.
            Poll::Doubted { failure: None } | Poll::Overtaken => self.reports.is_failing(),
            Poll::Nothing | Poll::Arrived(_) => false,
        }
    }

    fn is_stuck_behind_another(&self) -> bool {
        self.busy > MOST_BUSY
    }

    fn current(&self) -> RunningExecutable {
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
