//! New executables: fetched, verified and put on trial by a thread of its own, the worker.
//!
//! Bytes flow one way: fetcher → staged file → verified → on trial → a message to the loop. The lifecycle
//! decides about an executable on trial, and the worker gets the decision as a [`Verdict`].

mod doubt;
mod intake;
pub(crate) mod look;
pub(crate) mod order;
mod ordered;
mod poll;
mod reports;
mod running;
mod shared;
mod source;
mod undecided;
mod verdict;
mod word;
mod worker;
mod workplace;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread,
};

use selfup_install::{Id, PublicKey, Target, Trial};
use selfup_lifecycle::Program;
use selfup_signals::{Blocked, Pid};

use crate::inbox::{Message, Sender};
use order::Order;
use shared::Shared;
use verdict::Verdict;
use word::{Heard, Words, words};
use worker::Worker;

#[cfg(feature = "control")]
pub(crate) use shared::Looks;
pub(crate) use undecided::{Commit, RolledBack, Undecided};
pub(crate) use worker::Plan;

/// The loop's side: the executable on trial, and the worker.
#[derive(Debug)]
pub(super) struct Upgrades {
    /// The way to the worker, if there is one, or will be once a child serves.
    words: Option<Words>,
    not_started: Option<NotStarted>,
    shared: Arc<Shared>,
    /// The executable on trial, or about to be tried.
    undecided: Option<Undecided>,
    /// Whether the worker waits for the verdict about it.
    is_awaited: bool,
    /// An executable that was committed, but could not be put at the path yet. Children run it from where
    /// it is.
    stuck: Option<Box<Trial>>,
    /// Where the proven executable is, if the one at the path could not be tried here.
    proven: Option<PathBuf>,
    /// The executable that this master has kept as the previous one.
    kept: Option<Id>,
    /// The keys that the worker verifies with.
    keys: Vec<PublicKey>,
    /// Whether the program that serves trusts no key, which has been reported.
    has_no_successors: bool,
}

/// The worker, before a child serves.
#[derive(Debug)]
struct NotStarted {
    plan: Plan,
    heard: Heard,
    /// Whether it has to wait for the verdict about what an earlier master left on trial.
    is_undecided: bool,
}

/// What a program that serves changes about the keys that releases are verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adopted {
    /// Nothing: it trusts the same.
    Same,
    /// It trusts others, which are those of the worker from now on.
    Others,
    /// It trusts none, and the worker keeps those that it has. This is returned once.
    Nothing,
}

impl Upgrades {
    /// `undecided` is the executable that an earlier master left on trial.
    pub(super) fn new(plan: Option<Plan>, undecided: Option<Undecided>) -> Self {
        let keys =
            plan.as_ref().map(|plan| plan.acceptance.trust.keys().to_vec()).unwrap_or_default();
        let is_awaited = undecided.is_some();
        let (words, heard) = words();
        Self {
            words: plan.is_some().then_some(words),
            not_started: plan.map(|plan| NotStarted { plan, heard, is_undecided: is_awaited }),
            shared: Arc::default(),
            undecided,
            is_awaited,
            stuck: None,
            proven: None,
            kept: None,
            keys,
            has_no_successors: false,
        }
    }

    /// A child serves from now on. The first one starts the worker, so that it does not slow down the
    /// start.
    pub(super) fn child_serves(
        &mut self,
        child: Pid,
        version: Option<String>,
        sender: &Sender,
    ) -> io::Result<()> {
        if self.words.is_none() {
            return Ok(());
        }
        self.shared.running.set(child, version);
        let Some(NotStarted { plan, heard, is_undecided }) = self.not_started.take() else {
            return Ok(());
        };
        let shared = Arc::clone(&self.shared);
        let worker = Worker::new(plan, sender.clone(), shared, heard, is_undecided);
        let blocked = Blocked::all().map_err(io::Error::other)?;
        thread::Builder::new().name("selfup-fetch".into()).spawn(move || worker.run())?;
        drop(blocked);
        Ok(())
    }

    /// The executable on trial, or the one that waits to be.
    pub(super) fn on_trial(&self) -> Option<Id> {
        self.undecided.as_ref().map(Undecided::id)
    }

    /// Whether an executable is on trial, or waits to be.
    pub(super) fn has_undecided(&self) -> bool {
        self.undecided.is_some()
    }

    /// Remembers an executable that the worker has verified until it is decided about, and returns
    /// whether it should be tried. One that waits for the next start of the service gives way to a newer
    /// one.
    pub(super) fn verified(&mut self, trial: Box<Trial>, waits_for_a_start: bool) -> bool {
        self.is_awaited = true;
        if waits_for_a_start {
            let older = self.undecided.replace(Undecided::Beside(trial));
            // It was never tried. If its file stays, the next installation removes it.
            drop(older.map(Undecided::shelve));
            self.decide(Verdict::Waits);
        } else if self.undecided.is_some() {
            drop(trial.shelve());
            self.decide(Verdict::Later);
            return false;
        } else {
            self.undecided = Some(Undecided::Beside(trial));
        }
        true
    }

    /// Remembers an executable that another process has put at the path.
    pub(super) fn found(&mut self, undecided: Undecided) {
        if let Undecided::InPlace(installed) = &undecided {
            self.kept = Some(installed.previous_id());
        }
        self.proven = None;
        self.undecided = Some(undecided);
        self.shared.is_trying.store(true, Ordering::SeqCst);
    }

    /// Looks at the executable at the path before a restart, if it may be another one than this child
    /// runs. Returns whether the result will come, as [`Message::Looked`].
    pub(super) fn look(&self, path: &Path, serving: Pid, sender: &Sender) -> io::Result<bool> {
        if self.undecided.is_some() || self.stuck.is_some() || !look::is_another(path, serving) {
            return Ok(false);
        }
        let sender = sender.clone();
        let deliver = move |looked| sender.send(Message::Looked(looked));
        look::look(path.to_owned(), serving, self.kept, deliver).map(|()| true)
    }

    /// Notes that an executable, which may have been committed here, was rolled back by hand.
    pub(super) fn rolled_back_by_hand(&self, refused: Id) {
        *self.shared.rolled_back() = Some(refused);
    }

    /// Whether the executable on trial has been refused by hand.
    pub(super) fn is_rolled_back(&self) -> bool {
        self.undecided.as_ref().is_some_and(Undecided::is_refused)
    }

    /// Returns the file that a child runs. `path` is where the proven executable is.
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

    /// Commits the executable on trial. Releases are verified with the keys that its child has declared from
    /// then on, unless it was refused meanwhile, or its child has ended.
    pub(super) fn commit(&mut self, keys: Option<&[String]>) -> Option<(Commit, Adopted)> {
        let undecided = self.undecided.take()?;
        let committed = self.try_to_commit(undecided);
        let (verdict, adopted) = match committed {
            Commit::Overruled(_) => (Verdict::Overruled, Adopted::Same),
            Commit::Done(..) | Commit::NotYet(_) => {
                (Verdict::Committed, keys.map_or(Adopted::Same, |keys| self.adopt_keys(keys)))
            }
        };
        // The worker goes on with the verdict, and has to find the keys then.
        self.decide(verdict);
        Some((committed, adopted))
    }

    /// Tries again to put a committed executable at the path, after an attempt that failed.
    pub(super) fn commit_again(&mut self) -> Option<Commit> {
        let stuck = self.stuck.take()?;
        Some(self.try_to_commit(Undecided::Beside(stuck)))
    }

    fn try_to_commit(&mut self, undecided: Undecided) -> Commit {
        let (committed, stuck) = undecided.commit();
        self.stuck = stuck;
        committed
    }

    /// Rolls back the executable on trial, because it has failed.
    pub(super) fn roll_back(&mut self, reason: &str) -> Option<RolledBack> {
        self.go_back(Verdict::Refused, |undecided| undecided.roll_back(reason))
    }

    /// Returns to the proven executable without refusing the one on trial.
    pub(super) fn shelve(&mut self) -> Option<RolledBack> {
        self.go_back(Verdict::Shelved, Undecided::shelve)
    }

    /// Returns to the proven executable, because the one on trial was rolled back by hand.
    pub(super) fn give_up(&mut self) -> Option<RolledBack> {
        self.go_back(Verdict::Overruled, Undecided::shelve)
    }

    /// Puts the previous executable in the place of the one that was committed, which keeps failing.
    pub(super) fn fall_back(
        &mut self,
        path: &Path,
        reason: &str,
    ) -> Result<(), selfup_install::Error> {
        match self.stuck.take() {
            // The previous one is at the path still.
            Some(trial) => trial.roll_back(reason).map(drop),
            None => Target::new(path)?.fall_back(reason).map(drop),
        }
    }

    fn go_back(
        &mut self,
        verdict: Verdict,
        how: impl FnOnce(Undecided) -> RolledBack,
    ) -> Option<RolledBack> {
        let mut rolled_back = how(self.undecided.take()?);
        self.proven = rolled_back.proven.take();
        self.decide(verdict);
        Some(rolled_back)
    }

    /// Records that the master ends for another reason than the executable on trial.
    pub(super) fn excuse(&self) -> Result<(), selfup_install::Error> {
        self.undecided.as_ref().map_or(Ok(()), Undecided::excuse)
    }

    /// Has the worker verify releases with these keys of the program that serves. If there are none, it
    /// keeps those that it has: a program without keys must not turn verification off.
    pub(super) fn adopt_keys(&mut self, declared: &[String]) -> Adopted {
        if !self.has_worker() || (self.keys.is_empty() && declared.is_empty()) {
            return Adopted::Same;
        }
        // The child has checked its keys before it could become ready.
        let keys: Vec<_> = declared.iter().filter_map(|key| key.parse().ok()).collect();
        if keys.is_empty() {
            let is_new = !std::mem::replace(&mut self.has_no_successors, true);
            return if is_new { Adopted::Nothing } else { Adopted::Same };
        }
        self.has_no_successors = false;
        // In any order, and each of them as often as one likes.
        let is_same = keys.iter().all(|key| self.keys.contains(key))
            && self.keys.iter().all(|key| keys.contains(key));
        if is_same {
            return Adopted::Same;
        }
        self.keys.clone_from(&keys);
        *self.shared.adopted() = Some(keys);
        Adopted::Others
    }

    /// Removes half-written files, because the master ends now.
    pub(super) fn abandon(&mut self) {
        self.shared.workplace.close();
    }

    /// When the worker has asked the source, and asks it again.
    #[cfg(feature = "control")]
    pub(super) fn looks(&self) -> Looks {
        *self.shared.looks()
    }

    /// Has the worker do what an operator has ordered, as soon as it can.
    ///
    /// Returns the order if there is no worker.
    pub(super) fn order(&self, order: Order) -> Result<(), Order> {
        match &self.words {
            Some(words) => words.order(order),
            None => Err(order),
        }
    }

    /// Whether there is a worker, or will be once a child serves.
    pub(super) fn has_worker(&self) -> bool {
        self.words.is_some()
    }

    fn decide(&mut self, verdict: Verdict) {
        self.shared.is_trying.store(false, Ordering::SeqCst);
        if std::mem::take(&mut self.is_awaited)
            && let Some(words) = &self.words
        {
            words.decide(verdict);
        }
    }
}

#[cfg(test)]
mod tests;
