//! New executables: fetched, verified and installed on a thread of their own.
//!
//! Bytes flow one way: fetcher → staged file → verified → installed → the news of it. What becomes
//! of an installed one is decided by the lifecycle, and told back as a [`Verdict`].

mod blame;
mod doubt;
mod running;
mod worker;
mod workplace;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use selfup_fetch::{Fetch, Outcome};
use selfup_install::{Id, Installed, Target};
use selfup_signals::{Blocked, Pid};

use super::{Mailbox, Program};
use crate::intake::Intake;
use running::Running;
use worker::Worker;
use workplace::Workplace;

/// What the worker has to say.
#[derive(Debug)]
pub(crate) enum News {
    /// The fetcher cannot work as it is configured; the worker has ended.
    FetchOff(String),
    /// It works, and somebody should know this about it.
    Caution(String),
    /// It did not work this time.
    FetchFailed(String),
    /// It works again.
    FetchWorks,
    /// What came is what runs.
    UpToDate(Id),
    /// What came was turned down.
    Refused(String),
    /// A new executable is in place. The worker waits for the verdict.
    Installed(Box<Installed>),
    /// Somebody else, another master or a person, has put the new executable in place already.
    AlreadyThere(Id),
}

/// What became of an installed executable.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    Kept,
    Refused,
}

/// What the worker goes by.
pub(super) struct Plan {
    pub(super) fetcher: Box<dyn Fetch>,
    pub(super) intake: Intake,
    pub(super) min_interval: Duration,
}

/// The master's side of the worker.
#[derive(Debug)]
pub(super) struct Upgrades {
    plan: Option<Plan>,
    verdicts: Option<mpsc::Sender<Verdict>>,
    shared: Arc<Shared>,
    /// Installed, and not decided about.
    undecided: Option<Box<Installed>>,
}

/// What both sides look at.
#[derive(Debug, Default)]
struct Shared {
    /// The executable of the child that serves.
    running: Running,
    workplace: Workplace,
}

impl Upgrades {
    /// `undecided` is what an earlier master has installed.
    pub(super) fn new(plan: Option<Plan>, undecided: Option<Box<Installed>>) -> Self {
        Self { plan, verdicts: None, shared: Arc::default(), undecided }
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
        let worker = Worker::new(
            plan,
            mailbox.clone(),
            Arc::clone(&self.shared),
            told,
            self.undecided.is_some(),
        );
        let blocked = Blocked::all().map_err(io::Error::other)?;
        thread::Builder::new().name("selfup-fetch".into()).spawn(move || worker.run())?;
        drop(blocked);
        self.verdicts = Some(verdicts);
        Ok(())
    }

    /// Remembers what is in place until it is decided about.
    pub(super) fn installed(&mut self, installed: Box<Installed>) {
        self.undecided = Some(installed);
    }

    /// Keeps the new executable; its id.
    pub(super) fn commit(&mut self) -> Option<Result<Id, selfup_install::Error>> {
        let installed = self.undecided.take()?;
        let id = installed.id();
        let committed = installed.commit();
        self.decide(Verdict::Kept);
        Some(committed.map(|()| id).map_err(|failed| failed.error))
    }

    /// The file that a child of this kind executes; `path` is where the proven one is.
    pub(super) fn executable(&self, program: Program, path: &Path) -> PathBuf {
        match program {
            Program::Proven | Program::Trial => path.to_owned(),
        }
    }

    /// Goes back to the proven executable, and does not hold it against the new one.
    pub(super) fn shelve(&mut self, path: &Path) -> Option<Result<Id, selfup_install::Error>> {
        let installed = self.undecided.take()?;
        let id = installed.id();
        let reverted = installed.revert("it could not be tried");
        let forgiven = Target::new(path).and_then(|target| target.forgive(id));
        self.decide(Verdict::Refused);
        Some(match reverted {
            Ok(_) => forgiven.map(|_| id),
            Err(failed) => Err(failed.error),
        })
    }

    /// Puts the previous executable back; the id of the refused one.
    pub(super) fn revert(&mut self, reason: &str) -> Option<Result<Id, selfup_install::Error>> {
        let installed = self.undecided.take()?;
        let id = installed.id();
        let reverted = installed.revert(reason);
        self.decide(Verdict::Refused);
        Some(match reverted {
            Ok(_) => Ok(id),
            Err(failed) => Err(failed.error),
        })
    }

    /// The master ends, and the new executable is not to blame for it.
    pub(super) fn excuse(&self) -> Result<(), selfup_install::Error> {
        self.undecided.as_ref().map_or(Ok(()), |installed| installed.forgive_start())
    }

    /// The master ends now: leaves no half-written file behind.
    pub(super) fn abandon(&mut self) {
        self.shared.workplace.close();
    }

    fn decide(&self, verdict: Verdict) {
        if let Some(verdicts) = &self.verdicts {
            // A worker that is gone needs no verdict.
            let _told = verdicts.send(verdict);
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Kept => Self::Installed,
            Verdict::Refused => Self::Refused,
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("path", &self.intake.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
