//! Verifies a staged executable, so that it may be installed.

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

/// A hook that may refuse an upgrade. It is called with the path of the new executable, which it may run.
pub type PreUpgrade<'a> = dyn FnMut(&Path) -> std::result::Result<(), Cause> + 'a;

/// The checks of a new executable beyond its bytes.
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
    /// Creates checks with nothing but a [`Probe`] with its default deadline.
    pub fn new() -> Self {
        Self { marker: None, versions: None, pre_upgrade: None, probe: Some(Probe::new()) }
    }

    /// Requires a selfup program that speaks one of these versions of the control protocol.
    ///
    /// Such a program has an ELF note of the owner `selfup` and the type 1, with the version in 32 bits in the
    /// byte order of the file. A file without one, such as a script, is refused without being run. By
    /// default any program is accepted.
    pub fn marker(mut self, spoken: RangeInclusive<u32>) -> Self {
        self.marker = Some(spoken);
        self
    }

    /// Sets which versions are accepted. By default all are.
    pub fn version_policy(mut self, policy: VersionPolicy) -> Self {
        self.versions = Some(policy);
        self
    }

    /// Sets a hook that may refuse the new executable. It is called before the probe runs it.
    ///
    /// The hook must not change the file: the installation would fail with [`Altered`](ErrorKind::Altered).
    pub fn pre_upgrade(mut self, hook: &'a mut PreUpgrade<'a>) -> Self {
        self.pre_upgrade = Some(hook);
        self
    }

    /// Sets a probe with another deadline than the default, or `None` for programs that do not respond to a
    /// probe. Without a probe, an executable that crashes at once is detected only when it is started.
    pub fn probe(mut self, probe: impl Into<Option<Probe>>) -> Self {
        self.probe = probe.into();
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

/// An executable that has passed every check, beside the target and ready to be installed.
///
/// Dropping it removes the file and releases the lock.
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
    /// Returns the id of the new executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }
}

impl Staged {
    /// Verifies the new executable.
    ///
    /// In this order, this checks that the file is an executable for this machine, that it is a selfup program
    /// with an accepted version, if that is required, that the `pre_upgrade` hook agrees, and that the
    /// executable responds to the probe.
    ///
    /// Before it is run, the file is closed for writing. Its mode is 0700 from then on.
    ///
    /// Accepted are ELF programs for the machine for which this crate was compiled, or for that of the
    /// executable that they replace, and scripts that begin with `#!`. They have to be complete, as far as
    /// their headers show, and the loader or interpreter that they name has to exist.
    ///
    /// # Errors
    ///
    /// - [`Incomplete`](ErrorKind::Incomplete): no [`write`](Self::write) has succeeded.
    /// - [`NotExecutable`](ErrorKind::NotExecutable): the text names what it is instead. This is transient if
    ///   it is empty, truncated or damaged, which may have happened on its way.
    /// - [`NoMarker`](ErrorKind::NoMarker), [`Protocol`](ErrorKind::Protocol): it is not a selfup program, or
    ///   one with an incompatible version, and [`Checks::marker`] requires one.
    /// - [`Downgrade`](ErrorKind::Downgrade), [`VersionUnknown`](ErrorKind::VersionUnknown): the
    ///   [`VersionPolicy`] does not accept its version.
    /// - [`Refused`](ErrorKind::Refused): the hook refused it. The hook's error is the
    ///   [`source`](std::error::Error::source).
    /// - [`ProbeFailed`](ErrorKind::ProbeFailed), [`ProbeTimedOut`](ErrorKind::ProbeTimedOut),
    ///   [`NoExec`](ErrorKind::NoExec): it could not be run, or did not respond.
    /// - [`Altered`](ErrorKind::Altered): another file is at the staged file's path.
    ///
    /// After any error the staged file is removed.
    pub fn verify(self, checks: Checks<'_>) -> Result<Verified> {
        let Some(id) = self.content else {
            let text = format!(
                "could not verify the new executable for {}: it was not written to its end",
                self.site.target.path().display()
            );
            return Err(Error::new(ErrorKind::Incomplete, text));
        };
        // Reported after the checks that come before it.
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

    /// Checks that the path still leads to the open file.
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

/// Opens the same file for reading only. While a process has a file open for writing, no process can execute it
/// (ETXTBSY).
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
