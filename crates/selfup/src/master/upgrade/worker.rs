use std::{
    collections::HashSet,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use selfup_fetch::{Artifact, Backoff, Current, Fetch, Outcome};
use selfup_install::{ErrorKind, Id};

use super::{
    News, Plan, Shared, Verdict,
    blame::{asked_to_wait, is_of_the_version, is_of_what_came},
};
use crate::{
    error::Chain,
    intake::{Intake, Novelty, novelty},
    master::{Mailbox, mailbox::Letter},
    trust::Serving,
};

/// The longest pause between two attempts that fail; an interval that is longer stands.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Asks the fetcher again and again, and takes in what it has.
pub(super) struct Worker {
    fetcher: Box<dyn Fetch>,
    intake: Intake,
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
    /// What was reported last of all that went wrong, so that it is reported once.
    last_report: Option<String>,
    /// The last poll failed.
    failing: bool,
}

/// What one poll came to.
enum Poll {
    Nothing,
    Arrived(Outcome),
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
            intake: plan.intake,
            interval,
            mailbox,
            shared,
            verdicts,
            undecided,
            prepared: false,
            refused: HashSet::new(),
            last_report: None,
            failing: false,
        }
    }

    /// Works until the master ends.
    pub(super) fn run(self) {
        let mailbox = self.mailbox.clone();
        // What fetchers and hooks do is not known here; the service must outlive it.
        if catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            let reason = "the thread that fetches panicked".to_owned();
            mailbox.post(Letter::Upgrade(News::FetchOff(reason)));
        }
    }

    fn work(mut self) {
        if self.undecided && self.verdicts.recv().is_err() {
            return;
        }
        if let Err(error) = self.fetcher.init(&self.current()) {
            return self.tell(News::FetchOff(Chain(&error).to_string()));
        }
        let mut backoff = Backoff::new(self.interval, LONGEST_PAUSE.max(self.interval), seed());
        loop {
            let poll = self.poll();
            self.tell_if_it_works_again(&poll);
            let pause = match poll {
                Poll::Nothing => backoff.after_success(self.interval),
                Poll::Arrived(outcome) => {
                    if outcome != Outcome::Refused {
                        self.last_report = None;
                    }
                    self.fetcher.settle(outcome);
                    backoff.after_success(self.interval)
                }
                Poll::Busy { reason } => {
                    self.fetcher.settle(Outcome::Failed);
                    self.report_once(reason, News::FetchFailed);
                    backoff.after_success(self.interval)
                }
                Poll::Failed { reason, asked } => {
                    self.fetcher.settle(Outcome::Failed);
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
        match self.fetcher.fetch(&self.current()) {
            Ok(None) => Poll::Nothing,
            Ok(Some(artifact)) => self.take_in(artifact),
            Err(error) => {
                Poll::Failed { reason: Chain(&error).to_string(), asked: error.retry_after() }
            }
        }
    }

    /// Sees to it that an upgrade could be installed, before anything is fetched; once, and again
    /// after one could not be.
    fn prepare(&mut self) -> Result<(), selfup_install::Error> {
        if !self.prepared {
            let _at_work = self.shared.workplace.enter(&self.intake.path);
            self.intake.prepare()?;
            self.prepared = true;
        }
        Ok(())
    }

    /// Another executable may serve than at the last look: somebody has gone back by hand, say.
    fn look_at_what_serves(&mut self) {
        let running = &self.shared.running;
        self.intake.trust.serves(Serving { id: running.id(), version: running.version() });
    }

    /// The executable that is in use, for the fetcher to look at.
    fn current(&self) -> Current {
        let shared = Arc::clone(&self.shared);
        Current::new(&self.intake.path, move || {
            shared.running.id().map(|id| id.to_string()).unwrap_or_default()
        })
        .signature_wanted(self.intake.trust.wants_signatures())
        .with_version(self.intake.trust.running())
        .with_size_cap(self.intake.size_cap)
    }

    /// From the first byte to the verdict.
    fn take_in(&mut self, artifact: Artifact) -> Poll {
        let taken = self.try_to_take_in(artifact);
        self.prepared = taken.is_ok();
        match taken {
            Ok(outcome) => Poll::Arrived(outcome),
            Err(error) if is_of_what_came(&error) => {
                self.report_once(Chain(&error).to_string(), News::Refused);
                Poll::Arrived(Outcome::Refused)
            }
            Err(error) if error.kind() == ErrorKind::Busy => {
                Poll::Busy { reason: Chain(&error).to_string() }
            }
            Err(error) => {
                Poll::Failed { reason: Chain(&error).to_string(), asked: asked_to_wait(&error) }
            }
        }
    }

    fn try_to_take_in(&mut self, artifact: Artifact) -> Result<Outcome, selfup_install::Error> {
        let at_work = self.shared.workplace.enter(&self.intake.path);
        let mut staged = self.intake.stage(&artifact)?;
        at_work.has(staged.files());
        let mut reader = UntilEnded { reader: artifact.reader, shared: &self.shared };
        staged.write(&mut reader, &mut |_written| {})?;
        let id = staged.id();
        let claims = self.intake.trust.claims(&staged);
        let running = self.shared.running.id();
        match novelty(&staged, running) {
            Novelty::Running => {
                self.intake.trust.runs(claims);
                self.tell(News::UpToDate(id));
                return Ok(Outcome::UpToDate);
            }
            _ if self.refused.contains(&id) => return Ok(Outcome::Refused),
            Novelty::InPlace => {
                self.intake.trust.runs(claims);
                self.tell(News::AlreadyThere(id));
                return Ok(Outcome::Installed);
            }
            Novelty::New => {}
        }
        if let Some(reason) = self.intake.refusal(id) {
            self.report_once(format!("{id} was refused before: {reason}"), News::Refused);
            return Ok(Outcome::Refused);
        }
        self.look_at_what_serves();
        let installed = self.intake.install(staged).inspect_err(|error| {
            if is_of_what_came(error) && !is_of_the_version(error) {
                self.refused.insert(id);
                // Another one with the same fault is worth a word.
                self.last_report = None;
            }
        })?;
        drop(at_work);
        self.tell(News::Installed(Box::new(installed)));
        // Without a master there is nobody left to ask; the next one finds what is in place.
        let verdict = self.verdicts.recv().unwrap_or(Verdict::Kept);
        match verdict {
            Verdict::Kept => self.intake.trust.runs(claims),
            Verdict::Refused => drop(self.refused.insert(id)),
        }
        Ok(verdict.into())
    }

    fn tell_if_it_works_again(&mut self, poll: &Poll) {
        let fails = matches!(poll, Poll::Busy { .. } | Poll::Failed { .. });
        if self.failing && !fails {
            // The next failure is news again.
            self.last_report = None;
            self.tell(News::FetchWorks);
        }
        self.failing = fails;
    }

    fn report_once(&mut self, reason: String, news: fn(String) -> News) {
        if self.last_report.as_ref() != Some(&reason) {
            self.last_report = Some(reason.clone());
            self.tell(news(reason));
        }
    }

    fn tell(&self, news: News) {
        self.mailbox.post(Letter::Upgrade(news));
    }
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

/// Different in every process: many hosts must not poll in step.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
