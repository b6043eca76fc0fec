//! The checks that every new executable has to pass.

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

/// The checks that every new executable has to pass.
pub struct Acceptance {
    /// The path of the executable that it replaces.
    pub path: PathBuf,
    /// Whether the configuration names the path. Otherwise it was found, and may be that of a loader.
    pub is_named: bool,
    /// The largest size in bytes.
    pub size_cap: u64,
    /// The trusted keys, and the versions that are accepted.
    pub trust: Trust,
    /// The hook that is called before it runs for the first time.
    pub pre_upgrade: Option<PreUpgrade>,
    /// Whether an executable that was refused may be tried again.
    pub retry_refused: bool,
}

/// How fetched bytes compare with the executables that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// They are those of the executable that runs.
    Running,
    /// They are those of the executable at the path, and another one runs.
    InPlace,
    /// They are new.
    New,
}

impl fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptance").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Acceptance {
    /// Returns the checks for an executable at `path`, from `options`. Takes the hook out of the options.
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

    /// Checks that an upgrade could be installed, before anything is fetched.
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

    /// Creates the staged file for the bytes of an artifact.
    ///
    /// # Errors
    ///
    /// There is no room for it, or its description fails a check.
    pub fn stage(&self, artifact: &Artifact) -> Result<Staged, Error> {
        self.target()?.stage(self.expected_of(artifact)?)
    }

    /// Creates a temporary file for bytes that are only checked.
    ///
    /// # Errors
    ///
    /// There is no room for it, or its description fails a check.
    pub fn examine(&self, artifact: &Artifact) -> Result<Examination, Error> {
        self.target()?.examine(self.expected_of(artifact)?)
    }

    /// Checks the description of an executable before its bytes are fetched.
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

    /// Returns why these bytes were refused before, by any master or by hand, if they still are.
    #[must_use]
    pub fn refusal(&self, id: Id) -> Option<String> {
        // A record that cannot be read refuses nothing. The next refusal writes it again.
        let refusals = Target::new(&self.path).and_then(|target| target.refusals());
        let mut refusals = refusals.unwrap_or_default().into_iter();
        let refusal = refusals.find(|refusal| !self.retry_refused && refusal.id() == id)?;
        refusal.stands_at(SystemTime::now()).then(|| refusal.reason().to_owned())
    }

    /// Verifies the staged bytes, and installs them at the path.
    ///
    /// # Errors
    ///
    /// It is refused, or could not be installed.
    pub fn install(&mut self, staged: Staged) -> Result<Installed, Error> {
        Ok(self.verify(staged)?.install()?)
    }

    /// Verifies the staged bytes, and puts them on trial beside the path.
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

    /// Verifies bytes, as far as that can be done without running them.
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

/// Returns the warnings of a successful installation.
pub fn warnings_of(installed: &Installed) -> Vec<String> {
    let surprises = installed.warnings().iter().map(ToString::to_string);
    installed.warning().map(ToString::to_string).into_iter().chain(surprises).collect()
}

/// Compares staged bytes with the executable that runs, if that is known, and with the one at the path.
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
