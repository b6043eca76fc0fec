//! Decides which files beside a target are trusted, so that no other user can plant an executable there.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::geteuid;

use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

/// The permission of others than the owner to write.
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

/// The users whose files are trusted, as sshd(8) trusts its files: those who could replace the target anyway.
///
/// These are root, the user of this process, and the owners of the target and of its directory. A file of theirs
/// is trusted if no other user may write to it. In a directory that is sticky and writable for everyone, such
/// as `/tmp`, other users can create files, but cannot change existing ones.
#[derive(Debug)]
pub(crate) struct Belief {
    owners: Vec<u32>,
    /// The users who may write to the target may also write to the files beside it.
    writers: u32,
    group: Option<u32>,
}

impl Belief {
    /// # Errors
    ///
    /// The target or its directory cannot be examined, so it is not known which users are trusted.
    pub(crate) fn of(target: &Target) -> Result<Self> {
        let look = |path: &Path| match fs::metadata(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some).map_err(|cause| {
                Error::system(format_args!("could not examine {}", path.display()), cause)
            }),
        };
        let there = look(target.resolved())?;
        let directory = look(target.names().directory())?;
        let mut owners = vec![0, geteuid().as_raw()];
        owners.extend([&there, &directory].into_iter().flatten().map(Metadata::uid));
        Ok(Self {
            owners,
            writers: there.as_ref().map_or(0, Metadata::mode) & (GROUP | OTHERS),
            group: there.as_ref().map(Metadata::gid),
        })
    }

    /// Returns whether there is a trusted file at the path. A link at its end is not followed.
    pub(crate) fn has(&self, path: &Path) -> io::Result<bool> {
        match path.symlink_metadata() {
            Ok(found) => Ok(self.doubt(&found).is_none()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(cause),
        }
    }

    /// Returns why a file is not trusted, or `None` if it is.
    pub(crate) fn doubt(&self, found: &Metadata) -> Option<String> {
        if !self.owners.contains(&found.uid()) {
            return Some(format!(
                "it belongs to uid {}, not to root, to this user, or to the owner of the executable or its \
                 directory",
                found.uid()
            ));
        }
        let writers = found.mode() & (GROUP | OTHERS);
        let is_foreign_group = writers & GROUP != 0 && Some(found.gid()) != self.group;
        (writers & !self.writers != 0 || is_foreign_group).then(|| {
            format!("others than its owner may write to it (mode {:o})", found.mode() & 0o7777)
        })
    }
}

impl Target {
    /// Lists the files of this crate beside the target that are not trusted, because they may belong to a
    /// user who may not replace the target. There is a line for each file, with the reason.
    ///
    /// Such a record, previous executable, executable on trial or lock is treated as if it did not exist, and
    /// is never executed. Its owner, or root, has to remove it.
    ///
    /// # Errors
    ///
    /// [`NotWritable`](ErrorKind::NotWritable) or [`Io`](ErrorKind::Io) if the directory cannot be
    /// read.
    pub fn doubted(&self) -> Result<Vec<String>> {
        let (belief, names) = (Belief::of(self)?, self.names());
        let directory = names.directory();
        let failed =
            |cause| Error::system(format_args!("could not list {}", directory.display()), cause);
        let known = [
            names.record(),
            names.previous(),
            names.replaced(),
            names.lock(),
            names.turn(),
            names.paused(),
        ];
        let mut lines = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)?.flatten() {
            let path = entry.path();
            if !known.contains(&path) && names.trial_token(&entry.file_name()).is_none() {
                continue;
            }
            // It may have been removed meanwhile.
            let Ok(found) = path.symlink_metadata() else { continue };
            if let Some(why) = belief.doubt(&found) {
                lines.push(format!("{} is ignored: {why}; remove it", path.display()));
            }
        }
        lines.sort_unstable();
        Ok(lines)
    }
}

/// The error for a file that is not trusted.
pub(crate) fn ignored(path: &Path, why: &str) -> Error {
    let text = format!("could not trust {}: {why}; remove it", path.display());
    Error::new(ErrorKind::NotWritable, text)
}
