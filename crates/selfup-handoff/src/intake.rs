//! Takes in a release: from the question to the source to the trial.

use std::fs::File;

use selfup_fetch::{Artifact, Outcome, RunningExecutable, printable};
use selfup_install::Id;
use selfup_master::{
    acceptance::{Acceptance, Novelty, novelty},
    blame::{Blame, blame},
};
use selfup_program::process::exe_path::{launch_path, notes_of};

use crate::{
    error::{Error, ErrorKind, Result},
    upgrade::{Brought, Upgrade},
};

impl Upgrade {
    /// Fetches, verifies, and puts on trial what is new.
    pub(crate) fn bring(&mut self) -> Result<Brought> {
        let acceptance = match self.acceptance.take() {
            Some(acceptance) => acceptance,
            None => self.checks()?,
        };
        let acceptance = self.acceptance.insert(acceptance);
        acceptance.prepare().map_err(failed)?;
        let running = File::open("/proc/self/exe").and_then(|file| Id::of_file(&file));
        let running = running.map_err(|error| {
            let what = "could not read the executable that runs";
            Error::new(ErrorKind::Install, what).because(error)
        })?;
        let current = RunningExecutable::new(&acceptance.path, move || running.to_string())
            .with_signature_wanted(acceptance.trust.wants_signatures())
            .with_version(acceptance.trust.running())
            .with_size_cap(acceptance.size_cap);
        if !self.has_begun {
            self.fetcher.init(&current).map_err(could_not_look)?;
            self.has_begun = true;
        }
        let Some(artifact) = self.fetcher.fetch(&current).map_err(could_not_look)? else {
            return Ok(Brought::Nothing);
        };
        let taken = take_in(acceptance, artifact, running);
        self.fetcher.report(match &taken {
            Ok((_, outcome)) => *outcome,
            Err(Failed::Check(error)) if blame(error) == Blame::Proven => Outcome::Refused,
            Err(Failed::Before(_)) => Outcome::Refused,
            Err(Failed::Check(_)) => Outcome::Failed,
        });
        match taken {
            Ok((brought, _)) => Ok(brought),
            Err(Failed::Check(error)) => Err(failed(error)),
            Err(Failed::Before(what)) => Err(Error::new(ErrorKind::Refused, what)),
        }
    }

    fn checks(&mut self) -> Result<Acceptance> {
        let path = launch_path().map_err(|error| {
            let what = "could not determine which file an upgrade replaces";
            Error::new(ErrorKind::Install, what).because(error)
        })?;
        self.options.complete(&notes_of(None));
        let trust = self.options.check().map_err(|error| {
            let what = "could not use the policy of upgrades";
            Error::new(ErrorKind::Configuration, what).because(error)
        })?;
        Ok(Acceptance::new(path, &mut self.options, trust))
    }
}

enum Failed {
    Check(selfup_install::Error),
    /// It was refused before, for this reason.
    Before(String),
}

impl From<selfup_install::Error> for Failed {
    fn from(error: selfup_install::Error) -> Self {
        Self::Check(error)
    }
}

fn take_in(
    acceptance: &mut Acceptance,
    artifact: Artifact,
    running: Id,
) -> Result<(Brought, Outcome), Failed> {
    let mut staged = acceptance.stage(&artifact)?;
    let mut reader = artifact.reader;
    staged.write(&mut reader, &mut |_bytes| {})?;
    let id = staged.id();
    let version = staged.version().map(|version| printable(version).into_owned());
    match novelty(&staged, Some(running)) {
        Novelty::Running => return Ok((Brought::Nothing, Outcome::UpToDate)),
        Novelty::InPlace => {
            let brought = Brought::InPlace { id: id.to_string(), version };
            return Ok((brought, Outcome::Installed));
        }
        Novelty::New => {}
    }
    if let Some(reason) = acceptance.refusal(id) {
        return Err(Failed::Before(format!(
            "could not upgrade to {id}: it was refused before: {reason}"
        )));
    }
    let trial = Box::new(acceptance.try_out(staged)?);
    // Whether it proves itself, another process learns.
    Ok((Brought::New { trial, version }, Outcome::Doubtful))
}

fn could_not_look(error: selfup_fetch::Error) -> Error {
    let what = "could not look for an upgrade";
    let failed = if error.is_transient() {
        Error::new(ErrorKind::Fetch, what).transient()
    } else {
        Error::new(ErrorKind::Fetch, what)
    };
    failed.because(error)
}

/// Distinguishes what is in the way from what was fetched.
fn failed(error: selfup_install::Error) -> Error {
    use selfup_master::ErrorKind as Found;
    let (kind, what) = match Found::from(&error) {
        Found::Fetch => (ErrorKind::Fetch, "could not fetch an upgrade"),
        Found::Busy => (ErrorKind::Busy, "could not upgrade: another process installs"),
        Found::Refused => (ErrorKind::Refused, "could not upgrade to what is published"),
        _ => (ErrorKind::Install, "could not put an upgrade beside the executable"),
    };
    let is_transient = error.is_transient();
    let failed = Error::new(kind, what).because(error);
    if is_transient { failed.transient() } else { failed }
}
