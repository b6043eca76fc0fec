//! Finding out before a download whether its result could be installed.

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

impl Target {
    /// Tries, before anything is downloaded, whether this target could be replaced: a file is
    /// created beside it, given the target's owner, attributes and mode, and removed.
    ///
    /// Leftovers of an installer that was killed are removed on the way. While another installer
    /// is at work nothing is tried and nothing removed, and the answer is yes: being busy passes.
    ///
    /// A yes is no promise: disks fill up and mounts change. Every step looks again.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound), [`NotRegular`](ErrorKind::NotRegular),
    ///   [`TargetChanged`](ErrorKind::TargetChanged): the target is not what it was.
    /// - [`ReadOnly`](ErrorKind::ReadOnly): a read-only mount, for root too.
    /// - [`NotWritable`](ErrorKind::NotWritable): permissions, an immutable flag, a sticky
    ///   directory, a file that is a mount point.
    /// - [`NoExec`](ErrorKind::NoExec): nothing there may be executed, so nothing could be probed.
    /// - [`Attributes`](ErrorKind::Attributes): owner, capabilities or the like would be lost.
    /// - [`NoSpace`](ErrorKind::NoSpace): not even an empty file finds room.
    ///
    /// # Platform
    ///
    /// The immutable flag and `noexec` mounts are noticed on Linux only; elsewhere the swap, or
    /// the probe, fails.
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

    /// What the rename would trip over and a new file beside the target does not.
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
        if directory.mode() & libc::S_ISVTX != 0 && !owns(file.uid()) && !owns(directory.uid()) {
            return refuse("it belongs to somebody else and its directory is sticky");
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
