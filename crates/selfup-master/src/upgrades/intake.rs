//! Takes in a release: from the first byte of an artifact to the verdict.

use std::{
    collections::HashSet,
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
};

use selfup_fetch::{Artifact, Outcome, RunningExecutable, printable};
use selfup_install::{Error, ErrorKind, Id, Pause, Target};

use super::{order::Asked, reports::Reports, shared::Shared, verdict::Verdict, word::Heard};
use crate::{
    acceptance::{Acceptance, Novelty, novelty},
    blame::{Blame, blame, is_of_the_signature, is_of_the_version},
    event::Event,
    inbox::Message,
    reason::RefusalReason,
    trust::Serving,
};

/// Takes in releases, and remembers what became of them.
pub(super) struct Intake {
    acceptance: Acceptance,
    shared: Arc<Shared>,
    /// Whether an upgrade can be installed, as far as that can be known before one is fetched.
    prepared: bool,
    /// The executables that failed a check, or could not be tried here. They are not tried again.
    refused: HashSet<Id>,
    /// The executable that waits for the next start of the service.
    waiting: Option<Id>,
    /// The executable that the record beside the path refuses, until it is forgiven or its time is over.
    held_back: Option<Id>,
    /// The executable that was committed last.
    committed: Option<Id>,
    /// Whether the last artifact was refused for its signature.
    signature_refused: bool,
    /// Whether it may be accepted now, as other keys are trusted.
    has_other_keys: bool,
    /// The executable that was read last, if all of it was.
    pub(super) read: Option<Id>,
    /// The operator who waits for what is taken in.
    pub(super) asked: Option<Asked>,
}

impl Intake {
    pub(super) fn new(acceptance: Acceptance, shared: Arc<Shared>) -> Self {
        Self {
            acceptance,
            shared,
            prepared: false,
            refused: HashSet::new(),
            waiting: None,
            held_back: None,
            committed: None,
            signature_refused: false,
            has_other_keys: false,
            read: None,
            asked: None,
        }
    }

    /// Checks that an upgrade could be installed, before anything is fetched: once, and again after an
    /// upgrade could not be installed.
    pub(super) fn prepare(&mut self) -> Result<(), Error> {
        if !self.prepared {
            let _at_work = self.shared.workplace.enter(&self.acceptance.path);
            self.acceptance.prepare()?;
            self.prepared = true;
        }
        Ok(())
    }

    /// Whether an executable is on trial that did not come from the worker. One trial at a time.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.is_trying.load(Ordering::SeqCst)
    }

    /// Why an operator has paused upgrades.
    pub(super) fn paused(&self) -> Option<Pause> {
        Target::new(&self.acceptance.path).ok()?.paused()
    }

    /// Looks at the executable that serves, which may have changed since: after a rollback by hand, say.
    pub(super) fn look_at_what_serves(&mut self) {
        let running = &self.shared.running;
        let serving = Serving { id: running.id(), version: running.version() };
        // An executable that was rolled back by hand has to come again once it is forgiven. That may
        // have happened already, and the fetcher counts it as installed.
        if let Some(committed) = self.committed
            && serving.id.is_some_and(|id| id != committed)
            && self.shared.rolled_back().take_if(|id| *id == committed).is_some()
        {
            (self.committed, self.held_back) = (None, Some(committed));
        }
        self.acceptance.trust.serves(serving);
        if let Some(keys) = self.shared.adopted().take() {
            self.acceptance.trust.adopt(keys);
            // What was refused for its signature may be accepted now. What serves is not fetched again: the
            // keys that have signed it need not be trusted by itself.
            self.has_other_keys = std::mem::take(&mut self.signature_refused);
            self.refused.clear();
        }
    }

    /// Whether an executable that was held back or refused may be tried now.
    pub(super) fn may_try_again(&self) -> bool {
        self.has_other_keys
            || self.held_back.is_some_and(|id| self.acceptance.refusal(id).is_none())
    }

    /// Why the record refuses what was fetched last, if it does.
    pub(super) fn why_held_back(&self) -> Option<String> {
        let id = self.held_back?;
        self.acceptance.refusal(id).map(|reason| refused_before(id, reason).to_string())
    }

    /// Forgets what holds it back: it is about to be fetched again.
    pub(super) fn release(&mut self) {
        self.held_back = None;
        self.has_other_keys = false;
    }

    /// The executable in use, for the fetcher to compare with.
    pub(super) fn current(&self, is_signature_due: bool) -> RunningExecutable {
        let shared = Arc::clone(&self.shared);
        RunningExecutable::new(&self.acceptance.path, move || {
            shared.running.id().map(|id| id.to_string()).unwrap_or_default()
        })
        .with_signature_wanted(self.acceptance.trust.wants_signatures())
        .with_signature_due(is_signature_due)
        .with_version(self.acceptance.trust.running())
        .with_size_cap(self.acceptance.size_cap)
    }

    /// Reads an artifact, verifies it, and waits for the verdict about it.
    pub(super) fn take_in(
        &mut self,
        artifact: Artifact,
        heard: &Heard,
        reports: &mut Reports,
    ) -> Result<Outcome, Error> {
        let taken = self.try_to_take_in(artifact, heard, reports);
        self.prepared = taken.is_ok();
        self.signature_refused = taken.as_ref().is_err_and(is_of_the_signature);
        taken
    }

    fn try_to_take_in(
        &mut self,
        artifact: Artifact,
        heard: &Heard,
        reports: &mut Reports,
    ) -> Result<Outcome, Error> {
        let at_work = self.shared.workplace.enter(&self.acceptance.path);
        self.read = None;
        let mut staged = self.acceptance.stage(&artifact)?;
        at_work.has(staged.files());
        let mut reader = UntilEnded { reader: artifact.reader, shared: &self.shared };
        staged.write(&mut reader, &mut |_written| {})?;
        let id = staged.id();
        self.read = Some(id);
        let claims = self.acceptance.trust.claims(&staged);
        let running = self.shared.running.id();
        match novelty(&staged, running) {
            Novelty::Running => {
                self.acceptance.trust.runs(claims);
                reports.report(Event::UpToDate { id });
                return Ok(Outcome::UpToDate);
            }
            _ if self.refused.contains(&id) => return Ok(Outcome::Refused),
            Novelty::InPlace => {
                self.acceptance.trust.runs(claims);
                reports.send(Message::AlreadyInstalled(id, self.asked.take()));
                return Ok(Outcome::Installed);
            }
            Novelty::New if self.waiting == Some(id) => return Ok(Outcome::Installed),
            Novelty::New => {}
        }
        if let Some(reason) = self.acceptance.refusal(id) {
            reports.refused(Some(id), refused_before(id, reason));
            self.held_back = Some(id);
            return Ok(Outcome::Doubtful);
        }
        self.look_at_what_serves();
        let trial = self.acceptance.try_out(staged);
        if trial.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyInstalled) {
            // Another master that shares the path was faster.
            self.acceptance.trust.runs(claims);
            reports.send(Message::AlreadyInstalled(id, self.asked.take()));
            return Ok(Outcome::Installed);
        }
        let trial = trial.inspect_err(|error| {
            if blame(error) == Blame::Proven && !is_of_the_version(error) {
                self.refused.insert(id);
                // Report the same fault of another executable, too.
                reports.forget();
            }
        })?;
        drop(at_work);
        reports.send(Message::Verified(Box::new(trial), self.asked.take()));
        let verdict = heard.verdict(reports);
        let recorded = self.acceptance.refusal(id);
        match (verdict, recorded) {
            (Verdict::Committed, _) => {
                self.committed = Some(id);
                self.acceptance.trust.runs(claims);
            }
            // The refusal is on record, and the loop has just reported it.
            (Verdict::Refused, Some(reason)) => {
                reports.suppress(&refused_before(id, reason));
                self.held_back = Some(id);
                return Ok(Outcome::Doubtful);
            }
            // It was rolled back by hand, and has to come again once it is forgiven.
            (Verdict::Overruled, Some(_)) => {
                self.held_back = Some(id);
                return Ok(Outcome::Doubtful);
            }
            (Verdict::Refused | Verdict::Shelved, _) => drop(self.refused.insert(id)),
            (Verdict::Waits, _) => self.waiting = Some(id),
            (Verdict::Overruled | Verdict::Later, _) => {}
        }
        Ok(verdict.into())
    }
}

fn refused_before(id: Id, recorded: String) -> RefusalReason {
    let recorded = printable(&recorded).into_owned();
    RefusalReason::Before { id, recorded }
}

/// A reader that fails once the master ends.
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
