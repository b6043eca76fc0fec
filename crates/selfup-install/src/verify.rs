//! From bytes that are complete to an executable that may be installed.

use std::fs::{File, Permissions};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempPath;

use crate::error::{Cause, Error, ErrorKind, Result};
use crate::format::{self, Executable};
use crate::id::Id;
use crate::identity::{Identity, open_regular};
use crate::marker;
use crate::occupant::Occupant;
use crate::placement::Placement;
use crate::probe::Probe;
use crate::staged::Staged;
use crate::version::VersionPolicy;

/// A last word on an upgrade: it is given the path of the new executable, which may be run there.
pub type PreUpgrade<'a> = dyn FnMut(&Path) -> std::result::Result<(), Cause> + 'a;

/// What is to be asked of the new executable beyond its bytes.
///
/// The default is a [`Probe`] with its default deadline, no hook, and any program.
#[must_use]
pub struct Checks<'a> {
    marker: Option<RangeInclusive<u32>>,
    versions: Option<VersionPolicy>,
    pre_upgrade: Option<&'a mut PreUpgrade<'a>>,
    probe: Option<Probe>,
}

impl<'a> Checks<'a> {
    /// A [`Probe`] with its default deadline, no hook, and any program.
    pub fn new() -> Self {
        Self { marker: None, versions: None, pre_upgrade: None, probe: Some(Probe::new()) }
    }

    /// Requires a selfup program that speaks one of these versions of the control protocol.
    ///
    /// It says so in an ELF note of its own, of the owner `selfup` and the type 1, whose content is
    /// the version: 32 bits in the byte order of the file. What carries none, scripts included, is
    /// refused without having been run. By default any program will do.
    pub fn marker(mut self, spoken: RangeInclusive<u32>) -> Self {
        self.marker = Some(spoken);
        self
    }

    /// Which versions may replace what runs. By default any may.
    pub fn version_policy(mut self, policy: VersionPolicy) -> Self {
        self.versions = Some(policy);
        self
    }

    /// A hook that may refuse the new executable, asked before the probe runs it.
    ///
    /// It must not change the file, or the installation is refused as
    /// [`Altered`](ErrorKind::Altered).
    pub fn pre_upgrade(mut self, hook: &'a mut PreUpgrade<'a>) -> Self {
        self.pre_upgrade = Some(hook);
        self
    }

    /// Probes with a deadline other than the default.
    pub fn probe(mut self, probe: Probe) -> Self {
        self.probe = Some(probe);
        self
    }

    /// Does not run the new executable: for programs that do not answer the probe. Then one that
    /// crashes at once is found out only when it is started.
    pub fn without_probe(mut self) -> Self {
        self.probe = None;
        self
    }
}

impl Default for Checks<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Checks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks")
            .field("marker", &self.marker)
            .field("versions", &self.versions)
            .field("pre_upgrade", &self.pre_upgrade.is_some())
            .field("probe", &self.probe)
            .finish()
    }
}

/// An executable that passed every check, beside the target and ready to take its place.
///
/// Dropping it removes the file and lets go of the lock.
#[derive(Debug)]
#[must_use = "dropping it removes the verified file"]
pub struct Verified {
    // Dropped in this order: the file goes before the lock does.
    pub(crate) path: TempPath,
    pub(crate) file: File,
    pub(crate) id: Id,
    pub(crate) replaces: Box<Occupant>,
    pub(crate) site: Box<Placement>,
}

impl Verified {
    /// The id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }
}

impl Staged {
    /// Checks, in this order, that the file is an executable for this machine, that it is a selfup
    /// program and of a version that may be installed, if that is required, that the `pre_upgrade`
    /// hook agrees, and that the executable answers the probe.
    ///
    /// Before anything runs it, the file is closed for writing. Its mode is 0700 from here on.
    ///
    /// Executable are ELF programs for the machine this crate was compiled for or for that of the
    /// executable they replace, and scripts that begin with `#!`; whole, as far as their headers
    /// tell, and with the loader or interpreter that they name on this machine.
    ///
    /// # Errors
    ///
    /// - [`Incomplete`](ErrorKind::Incomplete): no [`write`](Self::write) has succeeded.
    /// - [`NotExecutable`](ErrorKind::NotExecutable): the text says what it is instead. Transient if
    ///   it is empty, cut off or damaged: that may have happened on its way.
    /// - [`NoMarker`](ErrorKind::NoMarker), [`Protocol`](ErrorKind::Protocol): it is no selfup
    ///   program, or one of an incompatible version, where [`Checks::marker`] asks for one.
    /// - [`Downgrade`](ErrorKind::Downgrade), [`VersionUnknown`](ErrorKind::VersionUnknown): the
    ///   [`VersionPolicy`].
    /// - [`Refused`](ErrorKind::Refused): by the hook, whose word is the
    ///   [`source`](std::error::Error::source).
    /// - [`ProbeFailed`](ErrorKind::ProbeFailed), [`ProbeTimedOut`](ErrorKind::ProbeTimedOut),
    ///   [`NoExec`](ErrorKind::NoExec): it could not be run or did not answer.
    /// - [`Altered`](ErrorKind::Altered): another file is at the staged file's path.
    ///
    /// After any of them the staged file is removed: what was refused is of no more use.
    pub fn verify(self, checks: Checks<'_>) -> Result<Verified> {
        let Some(id) = self.content else {
            let text = format!(
                "could not verify the new executable for {}: it was not written to its end",
                self.site.target.path().display()
            );
            return Err(Error::new(ErrorKind::Incomplete, text));
        };
        // Told where its turn is.
        let fit = checks.versions.map_or(Ok(()), |policy| {
            policy.judge(self.claim(), self.is_signed(), &self.site.target)
        });
        let Self { path, file, replaces, site, .. } = self;
        let file = close_for_writing(&path, file)?;
        let verified = Verified { path, file, id, replaces, site };
        let executable = verified.require_executable()?;
        if let Some(spoken) = &checks.marker {
            marker::require(&executable, spoken, &verified.site.target)?;
        }
        fit?;
        if let Some(hook) = checks.pre_upgrade {
            hook(&verified.path).map_err(|cause| {
                let path = verified.site.target.path().display();
                let text = format!("could not replace {path}: pre_upgrade refused {id}");
                Error::new(ErrorKind::Refused, text).because(cause)
            })?;
        }
        if let Some(probe) = checks.probe {
            verified.require_in_place()?;
            probe.run(&verified.path, &verified.site.target)?;
        }
        Ok(verified)
    }
}

impl Verified {
    fn require_executable(&self) -> Result<Executable> {
        let failed =
            |cause| Error::system(format_args!("could not read {}", self.path.display()), cause);
        let replaced = format::head(&self.replaces.file).map_err(failed)?;
        let size = self.identity()?.size();
        format::examine(&self.file, size, &replaced).map_err(failed)?.map_err(|finding| {
            let path = self.site.target.path().display();
            let text = format!("could not replace {path} by what came: {finding}");
            Error::new(ErrorKind::NotExecutable, text).transient(finding.is_damage())
        })
    }

    /// Whether the path still leads to the file that is open here.
    pub(crate) fn require_in_place(&self) -> Result<()> {
        let here = self.identity()?;
        match Identity::at(&self.path) {
            Ok(there) if there.is_same_file(&here) => Ok(()),
            Ok(_) => Err(altered(&self.path, "another file is at its path")),
            Err(cause) => Err(altered(&self.path, "it is gone").because(cause)),
        }
    }

    fn identity(&self) -> Result<Identity> {
        Identity::of_file(&self.file).map_err(|cause| {
            Error::system(format_args!("could not examine {}", self.path.display()), cause)
        })
    }
}

/// The same file open for reading only: while somebody holds a file open for writing, nobody can
/// execute it (ETXTBSY).
fn close_for_writing(path: &Path, writer: File) -> Result<File> {
    let failed = |cause| Error::system(format_args!("could not reopen {}", path.display()), cause);
    writer.set_permissions(Permissions::from_mode(0o700)).map_err(failed)?;
    let reader = open_regular(path)?;
    let written = Identity::of_file(&writer).map_err(failed)?;
    if Identity::of_file(&reader).map_err(failed)?.is_same_file(&written) {
        Ok(reader)
    } else {
        Err(altered(path, "another file is at its path"))
    }
}

pub(crate) fn altered(path: &Path, why: &str) -> Error {
    let text = format!(
        "could not trust {} any more: {why}; find out who else writes to its directory",
        path.display()
    );
    Error::new(ErrorKind::Altered, text)
}
