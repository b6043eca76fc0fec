//! Chooses the one wanted entry of an archive while the entries are read.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use super::{Member, member::Rank};
use crate::error::{Error, ErrorKind};

/// Examines every entry of an archive in turn, and finds the wanted one.
pub(super) struct Choice {
    member: Member,
    found: Option<Found>,
    /// Hashes of the paths, to detect a duplicate: 8 bytes each, however long the path is.
    seen: HashSet<u64>,
    hasher: RandomState,
    entries: u32,
    executables: Shown,
    others: Shown,
}

/// The best entry so far.
struct Found {
    rank: Rank,
    path: String,
    is_twice: bool,
    matches: Shown,
}

/// The first few of many paths, for an error to list.
#[derive(Default)]
struct Shown {
    paths: Vec<String>,
    count: u32,
}

/// The decision about an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is not the wanted one.
    Pass,
    /// It is the wanted one, unless a better one follows.
    Keep,
    /// It is the wanted one: none can be better, and another one as good is an error.
    Take,
}

/// The properties of an entry that matter for the choice.
pub(super) struct Seen {
    /// `None` if it must not be chosen.
    pub(super) path: Option<String>,
    /// Whether it is executable; `None` if it is not a regular file.
    pub(super) file: Option<bool>,
}

const MOST: u32 = 65_535;

impl Choice {
    pub(super) fn new(member: &Member) -> Self {
        Self {
            member: member.clone(),
            found: None,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            entries: 0,
            executables: Shown::default(),
            others: Shown::default(),
        }
    }

    pub(super) fn enter(&mut self, entry: &Seen) -> Result<Step, Error> {
        self.entries += 1;
        if self.entries > MOST {
            let reason = format!("the archive has more than {MOST} entries");
            return Err(Error::new(ErrorKind::TooLarge, reason));
        }
        let Some(path) = &entry.path else { return Ok(Step::Pass) };
        let is_new = self.seen.insert(self.hasher.hash_one(path));
        if let Some(found) = self.found.as_mut().filter(|found| found.path == *path) {
            found.is_twice = true;
        }
        let step = match entry.file {
            Some(is_executable) => self.weigh(path, is_executable, is_new),
            None => Step::Pass,
        };
        match &self.found {
            Some(found) if found.rank == Rank::Exact => found.must_be_the_one().map(|()| step),
            _ => Ok(step),
        }
    }

    fn weigh(&mut self, path: &str, is_executable: bool, is_new: bool) -> Step {
        let list = if is_executable { &mut self.executables } else { &mut self.others };
        list.add(path);
        let Some(rank) = self.member.rank(path, is_executable) else { return Step::Pass };
        match &mut self.found {
            Some(found) if found.rank > rank => return Step::Pass,
            Some(found) if found.rank == rank => {
                found.matches.add(path);
                return Step::Pass;
            }
            _ => {}
        }
        let mut matches = Shown::default();
        matches.add(path);
        self.found = Some(Found { rank, path: path.to_owned(), is_twice: !is_new, matches });
        if rank == Rank::Exact { Step::Take } else { Step::Keep }
    }

    /// The path of the last entry to keep or take, if it is the wanted one at the end of the archive.
    pub(super) fn finish(&self) -> Result<String, Error> {
        match &self.found {
            Some(found) => found.must_be_the_one().map(|()| found.path.clone()),
            None => {
                let there = match (self.executables.count, self.others.count) {
                    (0, 0) => String::from("no files at all"),
                    (0, _) => self.others.to_string(),
                    _ => self.executables.to_string(),
                };
                let reason = format!("the archive has {}, but {there}", self.member.describe());
                Err(Error::new(ErrorKind::Corrupt, reason).permanent())
            }
        }
    }
}

impl Found {
    fn must_be_the_one(&self) -> Result<(), Error> {
        let reason = if self.is_twice {
            format!("the archive has {:?} more than once", self.path)
        } else if self.matches.count > 1 {
            format!(
                "the archive has {} files that could be meant, {}; give the path of one",
                self.matches.count, self.matches
            )
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Corrupt, reason).permanent())
    }
}

impl Shown {
    fn add(&mut self, path: &str) {
        const MOST: usize = 10;
        self.count += 1;
        if self.paths.len() < MOST {
            self.paths.push(path.to_owned());
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LONGEST: usize = 100;
        for (at, path) in self.paths.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            match path.char_indices().nth(LONGEST) {
                Some((end, _)) => write!(f, "{separator}{:?}…", &path[..end])?,
                None => write!(f, "{separator}{path:?}")?,
            }
        }
        match self.count as usize - self.paths.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests;
