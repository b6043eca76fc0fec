use std::path::PathBuf;

use selfup_fetch::Artifact;
use selfup_install::{Checks, Error, Expected, Id, Installed, Staged, Target};

use crate::{config::PreUpgrade, control::VERSION, trust::Trust};

/// What is asked of a new executable, whoever brings it.
pub(crate) struct Intake {
    /// The executable that it replaces.
    pub(crate) path: PathBuf,
    /// Somebody said which file it is; else it was found, and may be the loader's.
    pub(crate) is_named: bool,
    pub(crate) size_cap: u64,
    pub(crate) trust: Trust,
    pub(crate) pre_upgrade: Option<PreUpgrade>,
    /// What was refused may be tried again.
    pub(crate) retry_refused: bool,
}

/// How the bytes that came compare with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Novelty {
    /// They are what runs.
    Running,
    /// They are what is in place, but something else runs.
    InPlace,
    New,
}

impl Intake {
    /// Sees to it that an upgrade could be installed, before anything is fetched.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
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
    pub(crate) fn stage(&self, artifact: &Artifact) -> Result<Staged, Error> {
        let mut expected = Expected::new().size_cap(self.size_cap).size(artifact.size);
        for digest in &artifact.digests {
            expected = expected.digest(digest.to_string().parse()?);
        }
        expected =
            expected.signature(artifact.signature.clone()).version(artifact.version.as_deref());
        self.target()?.stage(self.trust.expected(expected))
    }

    /// Why these bytes were refused before, if they were, by any master or by hand.
    pub(crate) fn refusal(&self, id: Id) -> Option<String> {
        // A record that cannot be read refuses nothing; it is written anew by the next refusal.
        let refusals = Target::new(&self.path).and_then(|target| target.refusals());
        let mut refusals = refusals.unwrap_or_default().into_iter();
        let refusal = refusals.find(|refusal| !self.retry_refused && refusal.id() == id)?;
        Some(refusal.reason().to_owned())
    }

    /// Verifies what was written, and puts it in place.
    pub(crate) fn install(&mut self, staged: Staged) -> Result<Installed, Error> {
        if self.retry_refused {
            Target::new(&self.path)?.forgive(staged.id())?;
        }
        let spoken = u32::from(VERSION);
        let mut checks = self.trust.checks(Checks::new().marker(spoken..=spoken));
        if let Some(hook) = &mut self.pre_upgrade {
            checks = checks.pre_upgrade(hook.as_mut());
        }
        Ok(staged.verify(checks)?.install()?)
    }
}

/// What somebody should know about an installation, although it is done.
pub(crate) fn warnings_of(installed: &Installed) -> Vec<String> {
    let surprises = installed.warnings().iter().map(ToString::to_string);
    installed.warning().map(ToString::to_string).into_iter().chain(surprises).collect()
}

/// Compares what was written with what runs, if that can be told, and with what is in place.
pub(crate) fn novelty(staged: &Staged, running: Option<Id>) -> Novelty {
    let new = staged.id();
    if new == running.unwrap_or_else(|| staged.present()) {
        Novelty::Running
    } else if new == staged.present() {
        Novelty::InPlace
    } else {
        Novelty::New
    }
}
