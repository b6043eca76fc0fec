//! The record beside the target: upgrades on trial, and refusals.

use std::fmt;
use std::time::SystemTime;

use crate::id::Id;
use crate::names::is_token;
use crate::refusal::Refusal;

/// The most bytes that are read of a record: more than [`REFUSALS`] of the longest refusals take.
pub(crate) const LONGEST: usize = 64 * 1024;

/// How many refusals are recorded, the latest ones: more bad releases in a row are implausible.
const REFUSALS: usize = 64;

/// The executable that is being installed, and the one that it replaces.
const TRIALS: usize = 2;

/// How many executables may be on trial beside the target, one for each master that shares it.
const CANDIDATES: usize = 128;

/// The record of one target.
///
/// As text it has a readable line for each entry, the latest first: `trial NEW PREVIOUS STARTS` for an executable
/// at the path, `candidate TOKEN NEW PRESENT STARTS` for one beside it, `unstarted NEW PREVIOUS` for one that was
/// committed and has not been started yet, `refused ID SECONDS REASON`, with the seconds since 1970, and behind
/// one that failed on trial, `failures ID COUNT`. Other lines are skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The latest first. There are two around a rename if the replaced executable is on trial too. The one
    /// of the executable at the path counts.
    trials: Vec<InPlace>,
    candidates: Vec<Beside>,
    unstarted: Option<Unstarted>,
    refusals: Vec<Refusal>,
}

/// An executable that was committed, and has not been started yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unstarted {
    pub(crate) id: Id,
    /// The last executable that is known to start.
    pub(crate) previous: Id,
}

/// An executable on trial at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InPlace {
    pub(crate) id: Id,
    /// The executable to roll back to.
    pub(crate) previous: Id,
    /// The number of masters that were started with it.
    pub(crate) starts: u32,
}

/// An executable on trial beside the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    /// The token in the name of its file.
    pub(crate) token: String,
    pub(crate) id: Id,
    /// The executable at the path when the trial began. It must replace no other.
    pub(crate) present: Id,
    /// The number of times that a master has taken it up from one that left it undecided.
    pub(crate) starts: u32,
}

impl Record {
    /// Parses a record, and skips invalid lines.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
        let mut record = Self::default();
        for line in text.lines() {
            if let Some(trial) = trial(line) {
                if record.trials.len() < TRIALS && record.trial_of(trial.id).is_none() {
                    record.trials.push(trial);
                }
            } else if let Some(candidate) = candidate(line) {
                let is_known = record.candidates.iter().any(|it| it.token == candidate.token);
                if record.candidates.len() < CANDIDATES && !is_known {
                    record.candidates.push(candidate);
                }
            } else if let Some(unstarted) = unstarted(line) {
                record.unstarted.get_or_insert(unstarted);
            } else if let Some(refusal) = Refusal::parse(line) {
                if record.refusals.len() < REFUSALS && record.refusal(refusal.id()).is_none() {
                    record.refusals.push(refusal);
                }
            } else if let Some((id, failures)) = failures(line) {
                let refusal = record.refusals.iter_mut().find(|refusal| refusal.id() == id);
                refusal.into_iter().for_each(|refusal| refusal.set_failures(failures));
            }
        }
        record
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_trials()
            && self.candidates.is_empty()
            && self.unstarted.is_none()
            && self.refusals.is_empty()
    }

    pub(crate) fn has_trials(&self) -> bool {
        !self.trials.is_empty()
    }

    /// Returns the trial of this executable at the path.
    pub(crate) fn trial_of(&self, id: Id) -> Option<InPlace> {
        self.trials.iter().find(|trial| trial.id == id).copied()
    }

    /// Begins the trial of an executable that is about to be installed over `present`, whose own trial
    /// continues until then. Installing an executable that was refused before forgives it.
    pub(crate) fn begin_trial(&mut self, id: Id, previous: Id, present: Id) {
        self.forgive(id);
        self.trials.retain(|trial| trial.id == present && trial.id != id);
        self.trials.insert(0, InPlace { id, previous, starts: 0 });
    }

    /// Returns the executable that was committed and has not been started yet.
    pub(crate) fn unstarted(&self) -> Option<Unstarted> {
        self.unstarted
    }

    pub(crate) fn set_unstarted(&mut self, unstarted: Option<Unstarted>) {
        self.unstarted = unstarted;
    }

    /// Sets the number of starts of this executable, if it is on trial.
    pub(crate) fn count(&mut self, id: Id, starts: u32) {
        self.trials
            .iter_mut()
            .filter(|trial| trial.id == id)
            .for_each(|trial| trial.starts = starts);
    }

    /// Removes the trial of this executable, and that of the one that it replaced.
    pub(crate) fn end_trial(&mut self, id: Id) {
        if let Some(at) = self.trials.iter().position(|trial| trial.id == id) {
            self.trials.truncate(at);
        }
    }

    /// Removes the trials of all other executables.
    pub(crate) fn keep_trial(&mut self, id: Id) {
        self.trials.retain(|trial| trial.id == id);
    }

    pub(crate) fn end_trials(&mut self) {
        self.trials.clear();
    }

    /// Returns the trials beside the target, the latest first.
    pub(crate) fn candidates(&self) -> &[Beside] {
        &self.candidates
    }

    /// Begins a trial beside the target. Earlier failures stay on record, so that the next one adds to them.
    pub(crate) fn begin_candidate(&mut self, candidate: Beside) {
        self.end_candidate(&candidate.token);
        self.refusals.retain(|refusal| refusal.id() != candidate.id || refusal.failures() > 0);
        self.candidates.insert(0, candidate);
        self.candidates.truncate(CANDIDATES);
    }

    /// Removes this trial beside the target, and returns whether there was one.
    pub(crate) fn end_candidate(&mut self, token: &str) -> bool {
        let before = self.candidates.len();
        self.candidates.retain(|candidate| candidate.token != token);
        self.candidates.len() < before
    }

    /// Sets the number of times that it was taken up.
    pub(crate) fn count_candidate(&mut self, token: &str, starts: u32) {
        let named = self.candidates.iter_mut().filter(|candidate| candidate.token == token);
        named.for_each(|candidate| candidate.starts = starts);
    }

    /// Returns the refusals, the latest first.
    pub(crate) fn into_refusals(self) -> Vec<Refusal> {
        self.refusals
    }

    pub(crate) fn refusal(&self, id: Id) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| refusal.id() == id)
    }

    /// Refuses an executable by hand, until it is forgiven. This replaces an earlier refusal of the same
    /// executable, and drops the oldest one beyond the limit.
    pub(crate) fn refuse(&mut self, id: Id, reason: &str, now: SystemTime) {
        self.forgive(id);
        self.insert(Refusal::new(id, reason, 0, now));
    }

    /// Refuses an executable that failed on trial. The failure is counted, unless it belongs to a trial that
    /// began before the last failure, as with several masters at one time.
    pub(crate) fn fail(&mut self, id: Id, reason: &str, now: SystemTime) {
        let failures = match self.refusal(id) {
            Some(refusal) if refusal.stands_at(now) => return,
            refusal => refusal.map_or(0, Refusal::failures).saturating_add(1),
        };
        self.forgive(id);
        self.insert(Refusal::new(id, reason, failures, now));
    }

    fn insert(&mut self, refusal: Refusal) {
        self.refusals.insert(0, refusal);
        self.refusals.truncate(REFUSALS);
    }

    /// Forgives an executable, and returns whether it was refused.
    pub(crate) fn forgive(&mut self, id: Id) -> bool {
        let before = self.refusals.len();
        self.refusals.retain(|refusal| refusal.id() != id);
        self.refusals.len() < before
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# what selfup remembers of this executable; may be removed")?;
        for InPlace { id, previous, starts } in &self.trials {
            writeln!(f, "trial {id} {previous} {starts}")?;
        }
        for Beside { token, id, present, starts } in &self.candidates {
            writeln!(f, "candidate {token} {id} {present} {starts}")?;
        }
        if let Some(Unstarted { id, previous }) = self.unstarted {
            writeln!(f, "unstarted {id} {previous}")?;
        }
        self.refusals.iter().try_for_each(|refusal| refusal.write(f))
    }
}

fn trial(line: &str) -> Option<InPlace> {
    let mut words = line.strip_prefix("trial ")?.split(' ');
    let (id, previous) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let starts = words.next()?.parse().ok()?;
    (words.next().is_none() && id != previous).then_some(InPlace { id, previous, starts })
}

fn candidate(line: &str) -> Option<Beside> {
    let mut words = line.strip_prefix("candidate ")?.split(' ');
    let token = words.next().filter(|token| is_token(token.as_bytes()))?.to_owned();
    let (id, present) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let starts = words.next()?.parse().ok()?;
    (words.next().is_none() && id != present).then_some(Beside { token, id, present, starts })
}

fn unstarted(line: &str) -> Option<Unstarted> {
    let (id, previous) = line.strip_prefix("unstarted ")?.split_once(' ')?;
    let (id, previous) = (id.parse().ok()?, previous.parse().ok()?);
    (id != previous).then_some(Unstarted { id, previous })
}

fn failures(line: &str) -> Option<(Id, u32)> {
    let (id, count) = line.strip_prefix("failures ")?.split_once(' ')?;
    let count = count.parse().ok().filter(|count| *count > 0)?;
    Some((id.parse().ok()?, count))
}

#[cfg(test)]
mod tests;
