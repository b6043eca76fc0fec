//! The thread that polls for upgrades and installs them.

use std::{
    any::Any,
    collections::HashSet,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use selfup_fetch::{Artifact, Backoff, Fetch, Outcome, RunningExecutable, printable};
use selfup_install::{ErrorKind, Id};

use super::{
    News, Plan, Shared, Verdict,
    blame::{
        Blame, asked_to_wait, blame, is_of_the_version, is_overtaken, only_a_signature_could_tell,
    },
    doubt::Doubt,
};
use crate::{
    acceptance::{Acceptance, Novelty, novelty},
    error::Chain,
    mailbox::{Letter, Mailbox},
    trust::Serving,
};

/// The longest pause between two attempts that fail; an interval that is longer stands.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// The longest pause before what came damaged is fetched once more, although it is still the same by
/// what the source says.
const LONGEST_DOUBT: Duration = Duration::from_secs(60 * 60);

/// The same, where what came is what runs: nothing is wrong then, and it may well be all there is.
const LONGEST_DOUBT_OF_THE_SAME: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause before the first of those attempts is no longer than this, or the interval.
const SHORTEST_DOUBT: Duration = Duration::from_secs(1);

/// So many panics without one poll in between, and what fetches is taken for beyond help.
const MOST_PANICS: u32 = 5;

/// How often it may be busy in a row until that is worth a word.
const MOSTLY_DONE_BY: u32 = 60;

/// So often in a row something newer may come while the executable is read, before that is worth a
/// word: whoever publishes often does nothing wrong.
const MOST_OVERTAKEN: u32 = 5;

/// Asks the fetcher again and again, and takes in what it has.
pub(super) struct Worker {
    fetcher: Box<dyn Fetch>,
    acceptance: Acceptance,
    interval: Duration,
    mailbox: Mailbox,
    shared: Arc<Shared>,
    verdicts: mpsc::Receiver<Verdict>,
    /// An upgrade from before this master waits for its verdict; nothing is fetched until then.
    undecided: bool,
    /// An upgrade could be installed, as far as it can be told beforehand.
    prepared: bool,
    /// What has failed here is not tried again.
    refused: HashSet<Id>,
    /// What came last and may come better the next time, although the source is as it was.
    doubt: Option<Doubt>,
    /// What was refused last came again for a new signature, and was refused again.
    signed_in_vain: Option<Doubt>,
    /// What was refused last may have been damaged on its way: only its signature could tell.
    suspicion: Option<Doubt>,
    /// Something was settled, so that what comes next is something new by what the source says.
    has_settled: bool,
    /// What the fetcher has to say beforehand was told.
    has_cautioned: bool,
    /// How many polls went through without a panic.
    polls: u64,
    /// What was reported last of all that went wrong, so that it is reported once.
    last_report: Option<String>,
    /// The last poll failed.
    failing: bool,
    /// How often in a row somebody else was installing.
    busy: u32,
    /// What waits for the next start of the service.
    waiting: Option<Id>,
    /// What is not tried for what is remembered of it, until it is forgiven or its time has come.
    held_back: Option<Id>,
    /// What was committed last.
    kept: Option<Id>,
    /// How often in a row something newer came while the executable was read.
    overtaken: u32,
}

/// What one poll came to.
enum Poll {
    Nothing,
    Arrived(Outcome),
    /// What came is worth another try, for this reason if there is something to report.
    Doubted {
        reason: Option<String>,
    },
    /// Something newer came while it was read.
    Overtaken,
    /// Somebody else installs at this moment, and will soon have done so.
    Busy {
        reason: String,
    },
    Failed {
        reason: String,
        asked: Option<Duration>,
    },
}

impl Worker {
    pub(super) fn new(
        plan: Plan,
        mailbox: Mailbox,
        shared: Arc<Shared>,
        verdicts: mpsc::Receiver<Verdict>,
        undecided: bool,
    ) -> Self {
        let interval = plan.fetcher.interval().unwrap_or_default().max(plan.min_interval);
        Self {
            fetcher: plan.fetcher,
            acceptance: plan.acceptance,
            interval,
            mailbox,
            shared,
            verdicts,
            undecided,
            prepared: false,
            refused: HashSet::new(),
            doubt: None,
            signed_in_vain: None,
            suspicion: None,
            has_settled: false,
            has_cautioned: false,
            polls: 0,
            last_report: None,
            failing: false,
            busy: 0,
            waiting: None,
            held_back: None,
            kept: None,
            overtaken: 0,
        }
    }

    /// Works until the master ends.
    ///
    /// What fetchers and hooks do is not known here, and the service must outlive it: after a panic it
    /// starts anew, unless nothing else comes of it.
    pub(super) fn run(mut self) {
        let mut backoff = self.backoff(LONGEST_PAUSE);
        let mut panics = 0;
        loop {
            let polls = self.polls;
            let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work())) else { return };
            panics = if self.polls > polls { 1 } else { panics + 1 };
            let reason = format!("the thread that fetches panicked: {}", message(&*panic));
            if panics >= MOST_PANICS {
                let reason = printable(&format!("{reason} ({panics} times in a row)")).into_owned();
                return self.tell(News::FetchDisabled(reason));
            }
            self.failing = true;
            self.report_once(format!("{reason}; it starts anew"), News::FetchFailed);
            if panics == 1 {
                backoff = self.backoff(LONGEST_PAUSE);
            }
            let pause = backoff.after_failure(None);
            if !matches!(self.verdicts.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    }

    fn work(&mut self) {
        if self.undecided && self.verdicts.recv().is_err() {
            return;
        }
        self.undecided = false;
        let mut backoff = self.backoff(LONGEST_PAUSE);
        loop {
            let Err(error) = self.fetcher.init(&self.current()) else { break };
            let reason = Chain(&error).to_string();
            if error.kind() == selfup_fetch::ErrorKind::Configuration && !error.is_transient() {
                return self.tell(News::FetchDisabled(reason));
            }
            self.failing = true;
            self.report_once(reason, News::FetchFailed);
            let pause = backoff.after_failure(error.retry_after());
            if !matches!(self.verdicts.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
        if let Some(caution) = self.fetcher.caution(&self.current())
            && !self.has_cautioned
        {
            self.has_cautioned = true;
            self.tell(News::Caution(caution));
        }
        loop {
            let poll = self.poll();
            self.polls += 1;
            self.tell_if_it_works_again(&poll);
            if !matches!(poll, Poll::Busy { .. }) {
                self.busy = 0;
            }
            let pause = match poll {
                Poll::Nothing => backoff.after_success(self.interval),
                Poll::Arrived(outcome) => {
                    if !matches!(outcome, Outcome::Refused | Outcome::Doubtful) {
                        self.last_report = None;
                    }
                    self.doubt = None;
                    self.has_settled = true;
                    self.fetcher.report(outcome);
                    backoff.after_success(self.interval)
                }
                Poll::Doubted { reason } => {
                    if let Some(reason) = reason {
                        self.report_once(reason, News::FetchFailed);
                    }
                    // As long as the fetcher sees by itself whether there is something else, it is
                    // asked as ever.
                    let pause = backoff.after_success(self.interval);
                    match &self.doubt {
                        Some(doubt) if !self.fetcher.holds_back() => pause.max(doubt.left()),
                        _ => pause,
                    }
                }
                Poll::Overtaken => {
                    self.fetcher.report(Outcome::Failed);
                    backoff.after_success(self.interval)
                }
                Poll::Busy { reason } => {
                    self.fetcher.report(Outcome::Failed);
                    self.busy = self.busy.saturating_add(1);
                    if self.is_stuck_behind_another() {
                        self.report_once(reason, News::FetchFailed);
                    }
                    backoff.after_success(self.interval)
                }
                Poll::Failed { reason, asked } => {
                    self.fetcher.report(Outcome::Failed);
                    self.report_once(reason, News::FetchFailed);
                    backoff.after_failure(asked)
                }
            };
            match self.verdicts.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                // Nobody decides about nothing; and without a master there is nothing to do.
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn poll(&mut self) -> Poll {
        if let Err(error) = self.prepare() {
            return Poll::Failed { reason: Chain(&error).to_string(), asked: None };
        }
        self.look_at_what_serves();
        if self.shared.is_trying.load(Ordering::SeqCst) {
            // One at a time.
            return Poll::Nothing;
        }
        let may_be_tried = self.held_back.is_some_and(|id| self.acceptance.refusal(id).is_none());
        let is_due = |doubt: &Option<Doubt>| doubt.as_ref().is_some_and(Doubt::is_due);
        let is_retry = may_be_tried || is_due(&self.doubt) || is_due(&self.suspicion);
        if is_retry {
            self.held_back = None;
            self.fetcher.retry();
        }
        match self.fetcher.fetch(&self.current()) {
            // What came in doubt is still what there is.
            Ok(None) if self.doubt.is_some() && !is_retry => Poll::Doubted { reason: None },
            Ok(None) => {
                self.doubt = None;
                self.suspicion.take_if(|_| is_retry);
                Poll::Nothing
            }
            Ok(Some(artifact)) => {
                if !is_retry {
                    // The source has changed, or says nothing that could tell.
                    self.doubt = None;
                    self.suspicion.take_if(|_| !artifact.signed_anew);
                }
                self.take_in(artifact)
            }
            Err(error) => {
                Poll::Failed { reason: Chain(&error).to_string(), asked: error.retry_after() }
            }
        }
    }

    /// Sees to it that an upgrade could be installed, before anything is fetched; once, and again
    /// after one could not be.
    fn prepare(&mut self) -> Result<(), selfup_install::Error> {
        if !self.prepared {
            let _at_work = self.shared.workplace.enter(&self.acceptance.path);
            self.acceptance.prepare()?;
            self.prepared = true;
        }
        Ok(())
    }

    /// Another executable may serve than at the last look: somebody has gone back by hand, say.
    fn look_at_what_serves(&mut self) {
        let running = &self.shared.running;
        let serving = Serving { id: running.id(), version: running.version() };
        // Rolled back by hand: it is to come again once that is forgiven, which may have happened by now,
        // although the fetcher knows it as installed.
        if let Some(kept) = self.kept
            && serving.id.is_some_and(|id| id != kept)
            && self.shared.rolled_back().take_if(|id| *id == kept).is_some()
        {
            (self.kept, self.held_back) = (None, Some(kept));
        }
        self.acceptance.trust.serves(serving);
    }

    /// The executable that is in use, for the fetcher to look at.
    fn current(&self) -> RunningExecutable {
        let shared = Arc::clone(&self.shared);
        RunningExecutable::new(&self.acceptance.path, move || {
            shared.running.id().map(|id| id.to_string()).unwrap_or_default()
        })
        .with_signature_wanted(self.acceptance.trust.wants_signatures())
        .with_signature_due(self.signed_in_vain.as_ref().is_none_or(Doubt::is_due))
        .with_version(self.acceptance.trust.running())
        .with_size_cap(self.acceptance.size_cap)
    }

    /// From the first byte to the verdict.
    fn take_in(&mut self, artifact: Artifact) -> Poll {
        let (signed_anew, is_vouched) = (artifact.signed_anew, !artifact.digests.is_empty());
        let taken = self.try_to_take_in(artifact);
        self.prepared = taken.is_ok();
        if let Err(error) = &taken
            && is_overtaken(error)
            && self.overtaken < MOST_OVERTAKEN
        {
            self.overtaken += 1;
            return Poll::Overtaken;
        }
        self.overtaken = 0;
        let is_suspect = !is_vouched && taken.as_ref().is_err_and(only_a_signature_could_tell);
        let poll = match taken {
            // By its validators it is something new, and nothing says that these are its bytes: a
            // cache may have given those that it still had.
            Ok(Outcome::UpToDate) if self.has_settled && !is_vouched => {
                self.doubt(LONGEST_DOUBT_OF_THE_SAME, None);
                if self.fetcher.holds_back() {
                    return Poll::Doubted { reason: None };
                }
                // Without validators each poll brings the same.
                Poll::Arrived(Outcome::UpToDate)
            }
            Ok(outcome) => Poll::Arrived(outcome),
            Err(error) => match blame(&error) {
                Blame::Proven => {
                    self.report_once(Chain(&error).to_string(), News::Refused);
                    Poll::Arrived(Outcome::Refused)
                }
                Blame::Doubted => {
                    self.suspicion = None;
                    self.doubt(LONGEST_DOUBT, asked_to_wait(&error));
                    return Poll::Doubted { reason: Some(Chain(&error).to_string()) };
                }
                Blame::Nothing if error.kind() == ErrorKind::Busy => {
                    Poll::Busy { reason: Chain(&error).to_string() }
                }
                Blame::Nothing => {
                    Poll::Failed { reason: Chain(&error).to_string(), asked: asked_to_wait(&error) }
                }
            },
        };
        match poll {
            Poll::Arrived(_) if is_suspect => {
                let suspicion = self.suspicion.take();
                let mut suspicion = suspicion.unwrap_or_else(|| self.new_doubt(LONGEST_DOUBT));
                suspicion.grow(None);
                self.suspicion = Some(suspicion);
            }
            Poll::Arrived(_) => self.suspicion = None,
            _ => {}
        }
        match poll {
            Poll::Arrived(Outcome::Refused) if signed_anew => {
                let mut vain =
                    self.signed_in_vain.take().unwrap_or_else(|| self.new_doubt(LONGEST_DOUBT));
                vain.grow(None);
                self.signed_in_vain = Some(vain);
            }
            Poll::Arrived(_) => self.signed_in_vain = None,
            _ => {}
        }
        poll
    }

    /// What came comes again, in a while that grows each time, up to `longest`.
    fn doubt(&mut self, longest: Duration, asked: Option<Duration>) {
        let mut doubt = self.doubt.take().unwrap_or_else(|| self.new_doubt(longest));
        doubt.grow(asked);
        self.doubt = Some(doubt);
        self.fetcher.report(Outcome::Doubtful);
    }

    fn new_doubt(&self, longest: Duration) -> Doubt {
        let shortest = self.interval.max(SHORTEST_DOUBT);
        Doubt::new(Backoff::new(shortest, longest.max(shortest), seed()))
    }

    fn backoff(&self, longest: Duration) -> Backoff {
        Backoff::new(self.interval, longest.max(self.interval), seed())
    }

    fn try_to_take_in(&mut self, artifact: Artifact) -> Result<Outcome, selfup_install::Error> {
        let at_work = self.shared.workplace.enter(&self.acceptance.path);
        let mut staged = self.acceptance.stage(&artifact)?;
        at_work.has(staged.files());
        let mut reader = UntilEnded { reader: artifact.reader, shared: &self.shared };
        staged.write(&mut reader, &mut |_written| {})?;
        let id = staged.id();
        let claims = self.acceptance.trust.claims(&staged);
        let running = self.shared.running.id();
        match novelty(&staged, running) {
            Novelty::Running => {
                self.acceptance.trust.runs(claims);
                self.tell(News::UpToDate(id));
                return Ok(Outcome::UpToDate);
            }
            _ if self.refused.contains(&id) => return Ok(Outcome::Refused),
            Novelty::InPlace => {
                self.acceptance.trust.runs(claims);
                self.tell(News::AlreadyThere(id));
                return Ok(Outcome::Installed);
            }
            Novelty::New if self.waiting == Some(id) => return Ok(Outcome::Installed),
            Novelty::New => {}
        }
        if let Some(reason) = self.acceptance.refusal(id) {
            self.report_once(refused_before(id, &reason), News::Refused);
            self.held_back = Some(id);
            return Ok(Outcome::Doubtful);
        }
        self.look_at_what_serves();
        let trial = self.acceptance.try_out(staged);
        if trial.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyInstalled) {
            // Somebody who shares it was faster.
            self.acceptance.trust.runs(claims);
            self.tell(News::AlreadyThere(id));
            return Ok(Outcome::Installed);
        }
        let trial = trial.inspect_err(|error| {
            if blame(error) == Blame::Proven && !is_of_the_version(error) {
                self.refused.insert(id);
                // Another one with the same fault is worth a word.
                self.last_report = None;
            }
        })?;
        drop(at_work);
        self.tell(News::Verified(Box::new(trial)));
        // Without a master there is nobody left to ask; the next one finds what is in place.
        let verdict = self.verdicts.recv().unwrap_or(Verdict::Kept);
        let noted = self.acceptance.refusal(id);
        match (verdict, noted) {
            (Verdict::Kept, _) => {
                self.kept = Some(id);
                self.acceptance.trust.runs(claims);
            }
            // It is written down, and has just been told.
            (Verdict::Refused, Some(reason)) => {
                self.last_report = Some(refused_before(id, &reason));
                self.held_back = Some(id);
                return Ok(Outcome::Doubtful);
            }
            // Rolled back by hand; it is to come again once that is forgiven.
            (Verdict::Over, Some(_)) => {
                self.held_back = Some(id);
                return Ok(Outcome::Doubtful);
            }
            (Verdict::Refused | Verdict::Shelved, _) => drop(self.refused.insert(id)),
            (Verdict::Waits, _) => self.waiting = Some(id),
            (Verdict::Over | Verdict::Again, _) => {}
        }
        Ok(verdict.into())
    }

    /// Those who share an executable install one after the other, which takes its time.
    fn is_stuck_behind_another(&self) -> bool {
        self.busy > MOSTLY_DONE_BY
    }

    fn tell_if_it_works_again(&mut self, poll: &Poll) {
        let fails = match poll {
            Poll::Failed { .. } | Poll::Doubted { reason: Some(_) } => true,
            Poll::Busy { .. } => self.is_stuck_behind_another(),
            // Nothing has come of it yet.
            Poll::Doubted { reason: None } | Poll::Overtaken => self.failing,
            Poll::Nothing | Poll::Arrived(_) => false,
        };
        if self.failing && !fails {
            // The next failure is news again.
            self.last_report = None;
            self.tell(News::FetchRecovered);
        }
        self.failing = fails;
    }

    fn report_once(&mut self, reason: String, news: fn(String) -> News) {
        // It may quote a panic, or a record on the disk.
        let reason = printable(&reason).into_owned();
        if self.last_report.as_ref() != Some(&reason) {
            self.last_report = Some(reason.clone());
            self.tell(news(reason));
        }
    }

    fn tell(&self, news: News) {
        self.mailbox.post(Letter::Upgrade(news));
    }
}

fn refused_before(id: Id, reason: &str) -> String {
    format!("{id} was refused before: {reason}")
}

/// Stops reading when the master ends.
struct UntilEnded<'a> {
    reader: Box<dyn Read + Send>,
    shared: &'a Shared,
}

impl Read for UntilEnded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.shared.workplace.is_closed() {
            return Err(io::Error::other("the master is ending"));
        }
        self.reader.read(buffer)
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// Different in every process: many hosts must not poll in step.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
