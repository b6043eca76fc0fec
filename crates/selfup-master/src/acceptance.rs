//! What is asked of a new executable, whoever brings it.

use std::{fmt, path::PathBuf, time::SystemTime};

use selfup_fetch::{Artifact, Digest, Offer};
use selfup_install::{
    Checks, Error, Examination, Expected, Id, Installed, Staged, Target, Trial, Verified,
};

use selfup_channel::VERSION;

use crate::{
    settings::{PreUpgrade, UpgradeOptions},
    trust::Trust,
};

/// What is asked of a new executable, whoever brings it.
pub struct Acceptance {
    /// The executable that it replaces.
    pub path: PathBuf,
    /// Somebody said which file it is; else it was found, and may be the loader's.
    pub is_named: bool,
    /// The most bytes that it may have.
    pub size_cap: u64,
    /// Who may sign it, and which versions are taken.
    pub trust: Trust,
    /// Asked before it is run for the first time.
    pub pre_upgrade: Option<PreUpgrade>,
    /// What was refused may be tried again.
    pub retry_refused: bool,
}

/// How the bytes that came compare with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// They are what runs.
    Running,
    /// They are what is in place, but something else runs.
    InPlace,
    /// They are neither.
    New,
}

impl fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptance").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Acceptance {
    /// The checks that `options` ask for on an executable for `path`. Takes the hook out of the options.
    #[must_use]
    pub fn new(path: PathBuf, options: &mut UpgradeOptions, trust: Trust) -> Self {
        Self {
            path,
            is_named: options.exec_file.is_some(),
            size_cap: options.size_cap,
            trust,
            pre_upgrade: options.pre_upgrade.take(),
            retry_refused: options.retry_refused,
        }
    }

    /// Sees to it that an upgrade could be installed, before anything is fetched.
    ///
    /// # Errors
    ///
    /// An upgrade could not be installed at this place.
    pub fn prepare(&self) -> Result<(), Error> {
        self.target()?.preflight()
    }

    fn target(&self) -> Result<Target, Error> {
        let target = Target::new(&self.path)?;
        if !self.is_named {
            target.require_selfup()?;
        }
        Ok(target)
    }

    /// Makes a place for the bytes, from what is said about them.
    ///
    /// # Errors
    ///
    /// There is no room for it, or what is known of it refuses it.
    pub fn stage(&self, artifact: &Artifact) -> Result<Staged, Error> {
        self.target()?.stage(self.expected_of(artifact)?)
    }

    /// Makes a place for bytes that are only looked at.
    ///
    /// # Errors
    ///
    /// There is no room for it, or what is known of it refuses it.
    pub fn examine(&self, artifact: &Artifact) -> Result<Examination, Error> {
        self.target()?.examine(self.expected_of(artifact)?)
    }

    /// Refuses what could not be installed by what is said of it before its bytes come.
    ///
    /// # Errors
    ///
    /// It could not be installed.
    pub fn consider(&self, offer: &Offer) -> Result<(), Error> {
        let expected = self
            .expected(offer.size, &offer.digests)?
            .signature(offer.signature.clone())
            .version(offer.version.as_deref());
        self.target()?.consider(&expected, self.trust.policy().as_ref())
    }

    fn expected_of(&self, artifact: &Artifact) -> Result<Expected, Error> {
        let expected = self.expected(artifact.size, &artifact.digests)?;
        Ok(expected.signature(artifact.signature.clone()).version(artifact.version.as_deref()))
    }

    fn expected(&self, size: Option<u64>, digests: &[Digest]) -> Result<Expected, Error> {
        let mut expected = Expected::new().size_cap(self.size_cap).size(size);
        for digest in digests {
            expected = expected.digest(digest.to_string().parse()?);
        }
        Ok(self.trust.expected(expected))
    }

    /// Why these bytes were refused before, if they were, by any master or by hand.
    #[must_use]
    pub fn refusal(&self, id: Id) -> Option<String> {
        // A record that cannot be read refuses nothing; it is written anew by the next refusal.
        let refusals = Target::new(&self.path).and_then(|target| target.refusals());
        let mut refusals = refusals.unwrap_or_default().into_iter();
        let refusal = refusals.find(|refusal| !self.retry_refused && refusal.id() == id)?;
        refusal.stands_at(SystemTime::now()).then(|| refusal.reason().to_owned())
    }

    /// Verifies what was written, and puts it in place.
    ///
    /// # Errors
    ///
    /// It is refused, or could not be installed.
    pub fn install(&mut self, staged: Staged) -> Result<Installed, Error> {
        Ok(self.verify(staged)?.install()?)
    }

    /// Verifies what was written, and puts it on trial beside the path.
    ///
    /// # Errors
    ///
    /// It is refused, or could not be put on trial.
    pub fn try_out(&mut self, staged: Staged) -> Result<Trial, Error> {
        Ok(self.verify(staged)?.try_out()?)
    }

    fn verify(&mut self, staged: Staged) -> Result<Verified, Error> {
        if self.retry_refused {
            Target::new(&self.path)?.forgive(staged.id())?;
        }
        let mut checks = checks(&self.trust);
        if let Some(hook) = &mut self.pre_upgrade {
            checks = checks.pre_upgrade(hook.as_mut());
        }
        staged.verify(checks)
    }

    /// Checks what was written, as far as that can be done without running it.
    ///
    /// # Errors
    ///
    /// It is refused, or could not be checked.
    pub fn finish(&self, examination: Examination) -> Result<(), Error> {
        examination.finish(checks(&self.trust))
    }
}

fn checks<'a>(trust: &Trust) -> Checks<'a> {
    let spoken = u32::from(VERSION);
    trust.checks(Checks::new().marker(spoken..=spoken))
}

/// What somebody should know about an installation, although it is done.
pub fn warnings_of(installed: &Installed) -> Vec<String> {
    let surprises = installed.warnings().iter().map(ToString::to_string);
    installed.warning().map(ToString::to_string).into_iter().chain(surprises).collect()
}

/// Compares what was written with what runs, if that can be told, and with what is in place.
#[must_use]
pub fn novelty(staged: &Staged, running: Option<Id>) -> Novelty {
    let new = staged.id();
    if new == running.unwrap_or_else(|| staged.present()) {
        Novelty::Running
    } else if new == staged.present() {
        Novelty::InPlace
    } else {
        Novelty::New
    }
}
