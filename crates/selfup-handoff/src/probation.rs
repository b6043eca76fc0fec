//! What is on trial beside the executable at the path, and what becomes of it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use selfup_install::{Start, Target, Trial};

/// The executables on trial: the one that the successor is started from, and the one that this process runs.
#[derive(Debug)]
pub(crate) struct Probation {
    /// The path of the proven executable.
    path: PathBuf,
    length: Duration,
    /// The file on trial that this process runs, until that is decided.
    runs: Option<PathBuf>,
    /// It, while this process is the service and answers for it.
    own: Option<Trial>,
    ends: Option<Instant>,
    /// What the successor runs, while this process answers for it.
    next: Option<Trial>,
}

impl Probation {
    pub(crate) fn new(path: PathBuf, runs: Option<PathBuf>, length: Duration) -> Self {
        Self { path, length, runs, own: None, ends: None, next: None }
    }

    /// Called by a process that nobody has handed over to. An executable that is on trial still was the service, and
    /// has ended before its probation was over: it is refused, and returned.
    pub(crate) fn give_up_what_is_left(&self) -> Result<Option<String>, String> {
        match Target::new(&self.path).and_then(|target| target.begin(0)) {
            Ok(Start::GivenUp { refused, .. } | Start::RolledBack { refused, .. }) => {
                Ok(Some(refused.to_string()))
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == selfup_install::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("could not look after an earlier upgrade: {error}")),
        }
    }

    /// When the executable that this process runs has proved itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.ends
    }

    /// The file that the successor is to run, if not the one at the path.
    pub(crate) fn executable(&self) -> Option<&Path> {
        self.next.as_ref().map(Trial::path).or(self.runs.as_deref())
    }

    /// Whether another executable may be tried.
    #[cfg(feature = "upgrade")]
    pub(crate) fn is_free(&self) -> bool {
        self.runs.is_none() && self.next.is_none()
    }

    /// The successor is to run this.
    #[cfg(feature = "upgrade")]
    pub(crate) fn try_out(&mut self, trial: Trial) {
        self.next = Some(trial);
    }

    /// This process is the service, and answers for what it runs.
    pub(crate) fn begin(&mut self) -> Result<(), String> {
        let Some(runs) = &self.runs else { return Ok(()) };
        let started = Target::new(&self.path).and_then(|target| target.begin(u32::MAX));
        let why = match started {
            Ok(Start::Beside { trial, .. }) if trial.path() == runs => {
                self.ends = Instant::now().checked_add(self.length);
                self.own = Some(trial);
                return Ok(());
            }
            Ok(_) => "another process has it, or has ended its trial".to_owned(),
            Err(error) => error.to_string(),
        };
        self.runs = None;
        Err(format!("could not put the executable that runs at {}: {why}", self.path.display()))
    }

    /// Puts what this process runs at the path, if its probation is over. Returns the path.
    pub(crate) fn look(&mut self) -> Option<Result<PathBuf, String>> {
        if self.ends.is_none_or(|ends| ends > Instant::now()) {
            return None;
        }
        self.ends = None;
        match self.own.take()?.commit() {
            Ok(committed) => {
                self.runs = None;
                let warning = committed.into_warning();
                Some(warning.map_or_else(|| Ok(self.path.clone()), |it| Err(it.to_string())))
            }
            Err(failed) => {
                self.own = failed.trial.map(|trial| *trial);
                match self.own {
                    Some(_) => self.ends = Instant::now().checked_add(self.length),
                    None => self.runs = None,
                }
                Some(Err(failed.error.to_string()))
            }
        }
    }

    /// The successor answers for it from now on.
    pub(crate) fn hand_over(&mut self) {
        (self.runs, self.own, self.next, self.ends) = (None, None, None, None);
    }

    /// The successor has failed: what it ran is removed and, if that was to blame, refused.
    pub(crate) fn fails(&mut self, blamed: Option<&str>) -> Result<(), String> {
        let Some(trial) = self.next.take() else { return Ok(()) };
        let ended = match blamed {
            Some(why) => trial.roll_back(why).map(drop),
            None => trial.shelve(),
        };
        ended.map_err(|error| error.to_string())
    }

    /// The service ends by order: what is on trial is removed, and may be tried again.
    pub(crate) fn shelve(&mut self) -> Result<(), String> {
        if self.own.is_none() {
            // It was not the service yet. What another process has stays.
            let _begun = self.begin();
        }
        (self.runs, self.ends) = (None, None);
        let trials = [self.own.take(), self.next.take()];
        let ended = trials.into_iter().flatten().map(Trial::shelve);
        // Each of them, also if one fails.
        let errors: Vec<String> =
            ended.filter_map(Result::err).map(|error| error.to_string()).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }
}
