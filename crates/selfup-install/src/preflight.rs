//! Checks before a download that the result could be installed.

use std::fs::File;
use std::os::unix::fs::MetadataExt;

use nix::unistd::geteuid;

use crate::attributes;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::open_regular;
use crate::placement::Placement;
use crate::sys;
use crate::target::Target;
use crate::temporary::temporary;

/// `S_ISVTX`, whose type in the C library is not everywhere that of a mode.
const STICKY: u32 = 0o1000;

impl Target {
    /// Checks, before anything is downloaded, that this target could be replaced: creates a file beside it,
    /// gives it the target's owner, attributes and mode, and removes it.
    ///
    /// This also removes leftovers of an installer that was killed. While another installer is at work, it
    /// checks and removes nothing, and succeeds.
    ///
    /// Success is no guarantee: disks fill up and mounts change. Every step checks again.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound), [`NotRegular`](ErrorKind::NotRegular),
    ///   [`TargetChanged`](ErrorKind::TargetChanged): the target has changed.
    /// - [`ReadOnly`](ErrorKind::ReadOnly): a read-only mount, for root too.
    /// - [`NotWritable`](ErrorKind::NotWritable): permissions, an immutable flag, a sticky
    ///   directory, a file that is a mount point.
    /// - [`NoExec`](ErrorKind::NoExec): no file there may be executed, so none could be probed.
    /// - [`Attributes`](ErrorKind::Attributes): owner, capabilities or other attributes would be lost.
    /// - [`NoSpace`](ErrorKind::NoSpace): there is no room even for an empty file.
    ///
    /// # Platform
    ///
    /// The immutable flag and `noexec` mounts are detected on Linux only. Elsewhere the rename, or the probe,
    /// fails.
    pub fn preflight(&self) -> Result<()> {
        self.require_same_path()?;
        let present = open_regular(self.resolved())?;
        let site = match Placement::enter(self) {
            Err(error) if error.kind() == ErrorKind::Busy => return Ok(()),
            site => site?,
        };
        self.require_replaceable(&present, site.directory())?;
        if sys::is_noexec(&present) {
            return Err(no_exec(self));
        }
        let (trial, _removed) = temporary(self)?.into_parts();
        attributes::carry(self.resolved(), &present, &trial)?;
        Ok(())
    }

    /// Checks for obstacles to the rename that a new file beside the target does not meet.
    fn require_replaceable(&self, present: &File, directory: &File) -> Result<()> {
        let refuse = |why: &str| {
            let text = format!("could not replace {}: {why}", self.resolved().display());
            Err(Error::new(ErrorKind::NotWritable, text))
        };
        if sys::is_immutable(present) {
            return refuse("it is marked immutable or append-only; see chattr(1)");
        }
        if sys::is_mount_point(present, directory) {
            return refuse(
                "it is a mount point of its own; mount its directory instead of the single file",
            );
        }
        let (Ok(file), Ok(directory)) = (present.metadata(), directory.metadata()) else {
            return Ok(());
        };
        let user = geteuid();
        let owns = |uid| user.is_root() || uid == user.as_raw();
        if directory.mode() & STICKY != 0 && !owns(file.uid()) && !owns(directory.uid()) {
            return refuse("it belongs to another user and its directory is sticky");
        }
        Ok(())
    }
}

pub(crate) fn no_exec(target: &Target) -> Error {
    let text = format!(
        "could not run anything beside {}: its file system is mounted noexec; remount it, or keep the \
         executable elsewhere",
        target.resolved().display()
    );
    Error::new(ErrorKind::NoExec, text)
}
