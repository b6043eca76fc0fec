//! What is remembered beside the target: the upgrade that is on trial, and what was refused.

use std::fmt;
use std::time::SystemTime;

use crate::id::Id;
use crate::names::is_token;
use crate::refusal::Refusal;

/// The most that is read of a record: more than [`REFUSALS`] of the longest ever take.
pub(crate) const LONGEST: usize = 64 * 1024;

/// How many refusals are remembered, the latest; nobody publishes that many bad releases in a row.
const REFUSALS: usize = 64;

/// What is being installed, and what is replaced by it.
const TRIALS: usize = 2;

/// How many executables may be on trial beside the target, one for each master that shares it.
const CANDIDATES: usize = 128;

/// Everything that is remembered about one target.
///
/// As text it is a line each, for people to read, the latest first: `trial NEW PREVIOUS STARTS` for
/// what is at the path, `candidate TOKEN NEW PRESENT STARTS` for what is beside it,
/// `unstarted NEW PREVIOUS` for what was installed for good and has not been started yet,
/// `refused ID SECONDS REASON`, the seconds since 1970, and behind one that was refused for how it
/// behaved, `failures ID COUNT`. Reading takes whatever there is: a line that is none of these is
/// skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The latest first. There are two from just before a swap on, where the executable that is
    /// replaced is on trial too; the one that counts is that of what is at the path.
    trials: Vec<InPlace>,
    candidates: Vec<Beside>,
    unstarted: Option<Unstarted>,
    refusals: Vec<Refusal>,
}

/// An executable that was installed for good, and has not been started once yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unstarted {
    pub(crate) id: Id,
    /// The last one that is known to start.
    pub(crate) previous: Id,
}

/// An executable that has not survived its probation yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InPlace {
    pub(crate) id: Id,
    /// What is put back if it fails.
    pub(crate) previous: Id,
    /// How often a master was started with it.
    pub(crate) starts: u32,
}

/// An executable on trial that is beside the target, and has never been at its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    /// What its file is found by.
    pub(crate) token: String,
    pub(crate) id: Id,
    /// What was at the path when its trial began: it is to replace this and nothing else.
    pub(crate) present: Id,
    /// How often a master has taken it up from one that had not decided about it.
    pub(crate) starts: u32,
}

impl Record {
    /// Reads what can be read.
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

    /// The trial of this executable.
    pub(crate) fn trial_of(&self, id: Id) -> Option<InPlace> {
        self.trials.iter().find(|trial| trial.id == id).copied()
    }

    /// Notes an executable that is about to be installed over `present`, whose trial goes on until
    /// it is. Whoever installs what was refused before asks for it to be tried again.
    pub(crate) fn begin_trial(&mut self, id: Id, previous: Id, present: Id) {
        self.forgive(id);
        self.trials.retain(|trial| trial.id == present && trial.id != id);
        self.trials.insert(0, InPlace { id, previous, starts: 0 });
    }

    /// What was installed for good and has not been started yet.
    pub(crate) fn unstarted(&self) -> Option<Unstarted> {
        self.unstarted
    }

    pub(crate) fn set_unstarted(&mut self, unstarted: Option<Unstarted>) {
        self.unstarted = unstarted;
    }

    /// Sets the number of starts, if this executable is on trial.
    pub(crate) fn count(&mut self, id: Id, starts: u32) {
        self.trials
            .iter_mut()
            .filter(|trial| trial.id == id)
            .for_each(|trial| trial.starts = starts);
    }

    /// Forgets the trial of this executable, and that of the one it replaced.
    pub(crate) fn end_trial(&mut self, id: Id) {
        if let Some(at) = self.trials.iter().position(|trial| trial.id == id) {
            self.trials.truncate(at);
        }
    }

    /// Forgets the trials of all others.
    pub(crate) fn keep_trial(&mut self, id: Id) {
        self.trials.retain(|trial| trial.id == id);
    }

    pub(crate) fn end_trials(&mut self) {
        self.trials.clear();
    }

    /// Those beside the target, the latest first.
    pub(crate) fn candidates(&self) -> &[Beside] {
        &self.candidates
    }

    /// Notes an executable whose trial begins beside the target. A failure that was long enough ago
    /// for it to be tried again stays noted, so that the next one counts as one more.
    pub(crate) fn begin_candidate(&mut self, candidate: Beside) {
        self.end_candidate(&candidate.token);
        self.refusals.retain(|refusal| refusal.id() != candidate.id || refusal.failures() > 0);
        self.candidates.insert(0, candidate);
        self.candidates.truncate(CANDIDATES);
    }

    /// Forgets this trial beside the target; whether there was one.
    pub(crate) fn end_candidate(&mut self, token: &str) -> bool {
        let before = self.candidates.len();
        self.candidates.retain(|candidate| candidate.token != token);
        self.candidates.len() < before
    }

    /// Sets how often it was taken up.
    pub(crate) fn count_candidate(&mut self, token: &str, starts: u32) {
        let named = self.candidates.iter_mut().filter(|candidate| candidate.token == token);
        named.for_each(|candidate| candidate.starts = starts);
    }

    /// The latest first.
    pub(crate) fn into_refusals(self) -> Vec<Refusal> {
        self.refusals
    }

    pub(crate) fn refusal(&self, id: Id) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| refusal.id() == id)
    }

    /// By somebody's word, which stands until it is taken back. Replaces an earlier refusal of the
    /// same executable; the oldest one beyond the limit goes.
    pub(crate) fn refuse(&mut self, id: Id, reason: &str, now: SystemTime) {
        self.forgive(id);
        self.insert(Refusal::new(id, reason, 0, now));
    }

    /// For how it behaved: one failure more, unless it is of a trial that had begun before the last
    /// one was noted, as where several masters try the same at one time.
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

    /// Whether it was refused.
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
