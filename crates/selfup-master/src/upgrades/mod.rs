//! New executables: fetched, verified and installed on a thread of their own.
//!
//! Bytes flow one way: fetcher → staged file → verified → installed → the news of it. What becomes
//! of an installed one is decided by the lifecycle, and told back as a [`Verdict`].

mod blame;
mod doubt;
mod look;
mod running;
mod undecided;
mod worker;
mod workplace;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use selfup_fetch::{Fetch, Outcome};
use selfup_install::{Id, Trial};
use selfup_lifecycle::Program;
use selfup_signals::{Blocked, Pid};

use crate::{acceptance::Acceptance, mailbox::Mailbox};
use running::Running;
use worker::Worker;
use workplace::Workplace;

pub(super) use look::Looked;
pub(crate) use undecided::Undecided;
pub(super) use undecided::{Commit, GoneBack};

/// What the worker has to say.
#[derive(Debug)]
pub(crate) enum News {
    /// The fetcher cannot work as it is configured; the worker has ended.
    FetchDisabled(String),
    /// It works, and somebody should know this about it.
    Caution(String),
    /// It did not work this time.
    FetchFailed(String),
    /// It works again.
    FetchRecovered,
    /// What came is what runs.
    UpToDate(Id),
    /// What came was turned down.
    Refused(String),
    /// A new executable is verified, and can be tried. The worker waits for the verdict.
    Verified(Box<Trial>),
    /// Somebody else, another master or a person, has put the new executable in place already.
    AlreadyThere(Id),
    /// What was looked for before a restart.
    Looked(Looked),
}

/// What became of a new executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Kept,
    /// It failed.
    Refused,
    /// It cannot be tried under this master.
    Shelved,
    /// It waits for the next start of the service, and newer ones may take its place.
    Waits,
    /// Somebody else decided.
    Over,
    /// Another one is being tried; later.
    Again,
}

/// What the worker goes by.
pub(super) struct Plan {
    pub(super) fetcher: Box<dyn Fetch>,
    pub(super) acceptance: Acceptance,
    pub(super) min_interval: Duration,
}

/// The master's side of the worker.
#[derive(Debug)]
pub(super) struct Upgrades {
    plan: Option<Plan>,
    verdicts: Option<mpsc::Sender<Verdict>>,
    shared: Arc<Shared>,
    /// What is tried, or is to be.
    undecided: Option<Undecided>,
    /// Whether the worker waits for the verdict about it.
    is_awaited: bool,
    /// Kept, but it could not be put at the path yet: it is started from where it is.
    stuck: Option<Box<Trial>>,
    /// Where the proven executable is, if what is at the path could not be tried here.
    proven: Option<PathBuf>,
    /// What this master itself has kept as the previous executable.
    kept: Option<Id>,
    /// Upgrades are verified by keys.
    has_keys: bool,
}

/// What both sides look at.
#[derive(Debug, Default)]
struct Shared {
    /// The executable of the child that serves.
    running: Running,
    workplace: Workplace,
    /// Something is being tried that did not come from the worker.
    is_trying: AtomicBool,
    /// What was rolled back by hand after it was kept, until the worker has seen that it runs no more.
    rolled_back: Mutex<Option<Id>>,
}

impl Upgrades {
    /// `undecided` is what an earlier master has left.
    pub(super) fn new(plan: Option<Plan>, undecided: Option<Undecided>) -> Self {
        let has_keys = plan.as_ref().is_some_and(|plan| plan.acceptance.trust.wants_signatures());
        let is_awaited = undecided.is_some();
        Self {
            plan,
            verdicts: None,
            shared: Arc::default(),
            undecided,
            is_awaited,
            stuck: None,
            proven: None,
            kept: None,
            has_keys,
        }
    }

    /// A child serves from now on. The first one starts the worker, which so does not slow down
    /// the start.
    pub(super) fn serving(
        &mut self,
        child: Pid,
        version: Option<String>,
        mailbox: &Mailbox,
    ) -> io::Result<()> {
        if self.plan.is_none() && self.verdicts.is_none() {
            return Ok(());
        }
        self.shared.running.is_now(child, version);
        let Some(plan) = self.plan.take() else { return Ok(()) };
        let (verdicts, told) = mpsc::channel();
        let shared = Arc::clone(&self.shared);
        let worker = Worker::new(plan, mailbox.clone(), shared, told, self.is_awaited);
        let blocked = Blocked::all().map_err(io::Error::other)?;
        thread::Builder::new().name("selfup-fetch".into()).spawn(move || worker.run())?;
        drop(blocked);
        self.verdicts = Some(verdicts);
        Ok(())
    }

    /// Whether a new executable is being tried, or waits for it.
    pub(super) fn has_undecided(&self) -> bool {
        self.undecided.is_some()
    }

    /// Remembers what the worker has verified until it is decided about; says whether it is to be
    /// tried. One that waits for the next start of the service gives way to a newer one.
    pub(super) fn verified(&mut self, trial: Box<Trial>, waits_for_a_start: bool) -> bool {
        self.is_awaited = true;
        if waits_for_a_start {
            let older = self.undecided.replace(Undecided::Beside(trial));
            // It was never tried; should its file stay, the next installer removes it.
            drop(older.map(Undecided::shelve));
            self.decide(Verdict::Waits);
        } else if self.undecided.is_some() {
            drop(trial.shelve());
            self.decide(Verdict::Again);
            return false;
        } else {
            self.undecided = Some(Undecided::Beside(trial));
        }
        true
    }

    /// Remembers what somebody else has put at the path.
    pub(super) fn found(&mut self, undecided: Undecided) {
        if let Undecided::InPlace(installed) = &undecided {
            self.kept = Some(installed.previous_id());
        }
        self.proven = None;
        self.undecided = Some(undecided);
        self.shared.is_trying.store(true, Ordering::SeqCst);
    }

    /// Has what is at the path looked at before a restart, if it may be another executable than the
    /// one that this child runs: [`News::Looked`] says what it is. Says whether that will come.
    pub(super) fn look(&self, path: &Path, serving: Pid, mailbox: &Mailbox) -> io::Result<bool> {
        if self.undecided.is_some() || self.stuck.is_some() || !look::is_another(path, serving) {
            return Ok(false);
        }
        look::look(path.to_owned(), serving, self.kept, mailbox).map(|()| true)
    }

    /// This executable, which may have been kept here, was rolled back by hand.
    pub(super) fn rolled_back_by_hand(&self, refused: Id) {
        *self.shared.rolled_back() = Some(refused);
    }

    /// Whether somebody has refused by hand what is being tried.
    pub(super) fn is_rolled_back(&self) -> bool {
        self.undecided.as_ref().is_some_and(Undecided::is_refused)
    }

    /// The file that a child of this kind executes; `path` is where the proven one is.
    pub(super) fn executable(&self, program: Program, path: &Path) -> PathBuf {
        let other = match program {
            Program::Trial => self.undecided.as_ref().and_then(Undecided::path),
            Program::Proven => match &self.stuck {
                Some(trial) => Some(trial.path()),
                None => self.proven.as_deref().filter(|proven| proven.exists()),
            },
        };
        other.unwrap_or(path).to_owned()
    }

    /// Keeps the new executable.
    pub(super) fn commit(&mut self) -> Option<Commit> {
        let undecided = self.undecided.take()?;
        let committed = self.keep_trying(undecided);
        let verdict = match committed {
            Commit::Over(_) => Verdict::Over,
            Commit::Kept(..) | Commit::NotYet(_) => Verdict::Kept,
        };
        self.decide(verdict);
        Some(committed)
    }

    /// Puts at the path what was kept and could not be put there before.
    pub(super) fn commit_again(&mut self) -> Option<Commit> {
        let stuck = self.stuck.take()?;
        Some(self.keep_trying(Undecided::Beside(stuck)))
    }

    fn keep_trying(&mut self, undecided: Undecided) -> Commit {
        let (committed, stuck) = undecided.commit();
        self.stuck = stuck;
        committed
    }

    /// Goes back to the proven executable: the new one has failed.
    pub(super) fn revert(&mut self, reason: &str) -> Option<GoneBack> {
        self.go_back(Verdict::Refused, |undecided| undecided.revert(reason))
    }

    /// Goes back to the proven executable, and does not hold it against the new one.
    pub(super) fn shelve(&mut self) -> Option<GoneBack> {
        self.go_back(Verdict::Shelved, Undecided::shelve)
    }

    /// Goes back to the proven executable: the new one was rolled back by hand.
    pub(super) fn roll_back(&mut self) -> Option<GoneBack> {
        self.go_back(Verdict::Over, Undecided::shelve)
    }

    fn go_back(
        &mut self,
        verdict: Verdict,
        how: impl FnOnce(Undecided) -> GoneBack,
    ) -> Option<GoneBack> {
        let mut gone_back = how(self.undecided.take()?);
        self.proven = gone_back.proven.take();
        self.decide(verdict);
        Some(gone_back)
    }

    /// The master ends, and the new executable is not to blame for it.
    pub(super) fn excuse(&self) -> Result<(), selfup_install::Error> {
        self.undecided.as_ref().map_or(Ok(()), Undecided::excuse)
    }

    /// Whether what verifies upgrades may be older than what was kept: the keys are those of the
    /// program that the master runs. Said once.
    pub(super) fn is_behind(&mut self) -> bool {
        std::mem::take(&mut self.has_keys)
    }

    /// The master ends now: leaves no half-written file behind.
    pub(super) fn abandon(&mut self) {
        self.shared.workplace.close();
    }

    fn decide(&mut self, verdict: Verdict) {
        self.shared.is_trying.store(false, Ordering::SeqCst);
        if let Some(verdicts) = &self.verdicts
            && std::mem::take(&mut self.is_awaited)
        {
            // A worker that is gone needs no verdict.
            let _told = verdicts.send(verdict);
        }
    }
}

impl Shared {
    fn rolled_back(&self) -> MutexGuard<'_, Option<Id>> {
        self.rolled_back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Kept | Verdict::Waits | Verdict::Over => Self::Installed,
            Verdict::Refused | Verdict::Shelved => Self::Refused,
            Verdict::Again => Self::Failed,
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("path", &self.acceptance.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
