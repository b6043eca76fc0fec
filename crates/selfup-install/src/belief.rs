//! Which of the files beside a target are believed: nobody may plant there what is executed.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::geteuid;

use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

/// The permission to write for others than the owner.
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

/// Those who could put another executable at the target's path anyway, and what they are believed by:
/// a file of theirs that nobody else may write to. sshd(8) looks at its files in the same way.
///
/// These are root, the user of this process, and the owners of the target and of its directory. In a
/// directory that everybody may write to and that is sticky, such as `/tmp`, others can put new files,
/// and cannot touch those that are there.
#[derive(Debug)]
pub(crate) struct Belief {
    owners: Vec<u32>,
    /// Who may write to the target may write to what is beside it.
    writers: u32,
    group: Option<u32>,
}

impl Belief {
    /// # Errors
    ///
    /// Those of looking at the target or its directory: who cannot look does not know whom to believe.
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

    /// Looks at what is at the path itself, be it a link: whether it is there and believed.
    pub(crate) fn has(&self, path: &Path) -> io::Result<bool> {
        match path.symlink_metadata() {
            Ok(found) => Ok(self.doubt(&found).is_none()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(cause),
        }
    }

    /// Why a file is not believed, if it is not.
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
    /// What is beside the target under the names of this crate, and is not believed, because it could
    /// be somebody's who may not replace the target: a line for each file, with the reason.
    ///
    /// Such a record, previous executable, executable on trial or lock is treated as if it were not
    /// there, and is never executed. Whoever owns it, or root, has to remove it.
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
        let known =
            [names.record(), names.previous(), names.replaced(), names.lock(), names.turn()];
        let mut lines = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)?.flatten() {
            let path = entry.path();
            if !known.contains(&path) && names.trial_token(&entry.file_name()).is_none() {
                continue;
            }
            // What has gone by now needs no word.
            let Ok(found) = path.symlink_metadata() else { continue };
            if let Some(why) = belief.doubt(&found) {
                lines.push(format!("{} is ignored: {why}; remove it", path.display()));
            }
        }
        lines.sort_unstable();
        Ok(lines)
    }
}

/// Refuses to go by a file that is not believed.
pub(crate) fn ignored(path: &Path, why: &str) -> Error {
    let text = format!("could not go by {}: {why}; remove it", path.display());
    Error::new(ErrorKind::NotWritable, text)
}
