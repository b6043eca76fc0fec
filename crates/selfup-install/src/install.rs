//! Puts a verified executable in the target's place, or on trial beside it.

use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;
use std::thread;

use crate::attributes;
use crate::beside::{self, Locked};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::identity::Identity;
use crate::installed::Installed;
use crate::previous::{self, Kept};
use crate::record::{Beside, Record};
use crate::short_lock::ShortLock;
use crate::still_replaces::{proven, still_replaces};
use crate::sys::flock;
use crate::trial::Trial;
use crate::verify::{Verified, altered};
use crate::warning::{self, Warning};

/// The error of an installation, which returns the verified executable.
///
/// The target is unchanged. The executable can be installed again, or dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct InstallFailed {
    /// The error.
    pub error: Error,
    /// The executable, which was not installed.
    pub verified: Verified,
}

impl fmt::Display for InstallFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for InstallFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl From<InstallFailed> for Error {
    fn from(failed: InstallFailed) -> Self {
        failed.error
    }
}

/// The state before the rename, with all preparations done.
struct Prepared {
    warnings: Vec<Warning>,
    kept: Option<Kept>,
    /// The executable to roll back to.
    previous: Id,
    /// The record to write if the rename fails.
    before: Record,
    turn: ShortLock,
}

impl Verified {
    /// Puts the new executable in the target's place by one `rename(2)`.
    ///
    /// At every instant, and after a crash at any instant, the path leads to the whole old executable or to
    /// the whole new one. Processes that run the old one are not disturbed. The steps:
    ///
    /// 1. Check that the staged file is the same inode with the same SHA-1, while its content is flushed to
    ///    the disk, and that the target has not changed since the lock was taken.
    /// 2. Copy owner, extended attributes and mode from the target.
    /// 3. Flush the file.
    /// 4. Give the old executable a second name, by a hard link, or by a copy if the file system has no
    ///    links. If it was on trial itself, keep the one before it instead.
    /// 5. Record that the new one is on trial, and flush the record and the directory. An earlier refusal
    ///    of the new one is forgotten.
    /// 6. Rename.
    /// 7. Rename the second name to `.NAME.selfup-previous`, in place of an older one.
    /// 8. Flush the directory.
    ///
    /// A failure before the rename leaves the target unchanged. After the rename the executable is
    /// installed, and [`Installed::warning`] returns a later failure. The lock is released at the end.
    ///
    /// # Errors
    ///
    /// - [`Altered`](crate::ErrorKind::Altered): the staged file was replaced or written to.
    /// - [`AlreadyInstalled`](crate::ErrorKind::AlreadyInstalled): these bytes are at the path already,
    ///   perhaps from another installer. Nothing is left to do but to restart.
    /// - [`TargetChanged`](crate::ErrorKind::TargetChanged): another file is at the path, or none.
    /// - [`Attributes`](crate::ErrorKind::Attributes): attributes of the target could not be preserved.
    /// - [`Busy`](crate::ErrorKind::Busy): another process has been changing the target for 10 s.
    /// - [`NotWritable`](crate::ErrorKind::NotWritable), [`ReadOnly`](crate::ErrorKind::ReadOnly),
    ///   [`NoSpace`](crate::ErrorKind::NoSpace), [`Io`](crate::ErrorKind::Io): the file system.
    pub fn install(mut self) -> std::result::Result<Installed, InstallFailed> {
        match self.prepare() {
            Ok(prepared) => self.swap(prepared),
            Err(error) => Err(self.give_back(error)),
        }
    }

    /// Puts the new executable on trial beside the target.
    ///
    /// It gets a hidden name of its own, `.NAME.selfup-trial-` and random characters, and is started from
    /// there while the target's path leads to the proven executable. Owner, extended attributes and mode are
    /// those of the target. The trial is recorded, and the record and the directory are flushed. An earlier
    /// refusal by hand is forgotten. The lock is released at the end, so other processes can install
    /// meanwhile, or have trials of their own.
    ///
    /// # Errors
    ///
    /// Those of [`install`](Self::install).
    pub fn try_out(mut self) -> std::result::Result<Trial, InstallFailed> {
        match self.put_beside() {
            Ok((token, warnings)) => self.into_trial(token, warnings),
            Err(error) => Err(self.give_back(error)),
        }
    }

    /// Renames the staged file to the name of a trial, and returns the token in that name.
    fn put_beside(&mut self) -> Result<(String, Vec<Warning>)> {
        let (turn, warnings) = self.dress_for_its_place()?;
        let name = self.path.file_name().unwrap_or_default();
        let token = self.site.target.names().temporary_token(name).map(str::to_owned);
        let token = token.ok_or_else(|| altered(&self.path, "it has another name"))?;
        if !flock::try_lock(&self.file).map_err(|cause| {
            Error::system(format_args!("could not lock {}", self.path.display()), cause)
        })? {
            return Err(altered(&self.path, "another process has locked it"));
        }
        let mut record = turn.record()?;
        beside::sweep(&turn.target, &mut record, self.replaces.id);
        record.begin_candidate(Beside {
            token: token.clone(),
            id: self.id,
            present: self.replaces.id,
            starts: 0,
        });
        turn.write(&record)?;
        let trial = self.site.target.names().trial(&token);
        fs::rename(&self.path, &trial).map_err(|cause| {
            record.end_candidate(&token);
            drop(turn.write(&record));
            let (from, to) = (self.path.display(), trial.display());
            Error::system(format_args!("could not rename {from} to {to}"), cause)
        })?;
        // A power failure that undoes the rename ends the trial, and has no other effect.
        drop(turn.flush());
        Ok((token, warnings))
    }

    fn into_trial(
        self,
        token: String,
        warnings: Vec<Warning>,
    ) -> std::result::Result<Trial, InstallFailed> {
        let path = self.site.target.names().trial(&token);
        let identity = match Identity::of_file(&self.file) {
            Ok(identity) => identity,
            Err(cause) => {
                drop(fs::remove_file(&path));
                let text = format_args!("could not examine {}", path.display());
                return Err(self.give_back(Error::system(text, cause)));
            }
        };
        let Self { path: temporary, file, id, replaces, site } = self;
        // The temporary name does not exist any more.
        temporary.keep().ok();
        let target = site.target.clone();
        let (file, counted) = (Locked::new(file), AtomicBool::new(false));
        Ok(Trial { target, token, path, file, identity, id, replaces, warnings, counted })
    }

    /// Performs steps 1 to 3, and takes the short lock after everything that takes long.
    fn dress_for_its_place(&mut self) -> Result<(ShortLock, Vec<Warning>)> {
        self.require_in_place()?;
        self.flush_while_hashing()?;
        self.refresh_target()?;
        self.dress()?;
        let warnings = warning::about(&self.site.target, &self.replaces);
        let turn = ShortLock::take(&self.site.target)?;
        if self.refresh_target()? {
            self.dress()?;
        }
        Ok((turn, warnings))
    }

    /// Performs steps 1 to 5.
    fn prepare(&mut self) -> Result<Prepared> {
        let (turn, warnings) = self.dress_for_its_place()?;
        let before = turn.record()?;
        let (kept, previous) = match proven(&turn, &before, &self.replaces, self.id)? {
            Some(proven) => (None, proven),
            None => (Some(previous::keep(&turn.target, &self.replaces)?), self.replaces.id),
        };
        let mut record = before.clone();
        record.begin_trial(self.id, previous, self.replaces.id);
        if let Err(error) = turn.write(&record) {
            drop(turn.write(&before));
            return Err(error);
        }
        Ok(Prepared { warnings, kept, previous, before, turn })
    }

    /// Performs steps 6 to 8.
    fn swap(self, prepared: Prepared) -> std::result::Result<Installed, InstallFailed> {
        let Prepared { warnings, kept, previous, before, turn } = prepared;
        let Self { path, file, id, replaces, site } = self;
        match path.persist(site.target.resolved()) {
            Ok(()) => {
                let settled = kept.map_or(Ok(()), |kept| kept.settle(&site.target));
                let warning = settled.and_then(|()| turn.flush()).err();
                let installed = Installed::new(site.target.clone(), id, previous, warning);
                Ok(installed.with_warnings(warnings))
            }
            Err(failure) => {
                let text = format_args!("could not replace {}", site.target.resolved().display());
                let error = Error::system(text, failure.error);
                let verified = Self { path: failure.path, file, id, replaces, site };
                drop(kept);
                // If this fails too, the recorded trial is not of the file at the path, and ignored.
                drop(turn.write(&before));
                Err(verified.give_back(error))
            }
        }
    }

    /// Performs steps 2 and 3. The content is on the disk already.
    fn dress(&self) -> Result<()> {
        attributes::carry(self.site.target.resolved(), &self.replaces.file, &self.file)?;
        self.flush()
    }

    fn flush(&self) -> Result<()> {
        self.file.sync_all().map_err(|cause| {
            Error::system(format_args!("could not flush {}", self.path.display()), cause)
        })
    }

    /// Flushes and hashes at the same time, because one takes the disk and the other the processor.
    fn flush_while_hashing(&self) -> Result<()> {
        thread::scope(|scope| {
            let flusher = thread::Builder::new().spawn_scoped(scope, || self.flush());
            self.require_unaltered()?;
            match flusher {
                Ok(flusher) => flusher.join().unwrap_or_else(|_panic| self.flush()),
                Err(_no_thread) => self.flush(),
            }
        })
    }

    fn give_back(self, error: Error) -> InstallFailed {
        // A file that is not installed should have no setuid bit. An error is ignored.
        self.file.set_permissions(Permissions::from_mode(0o700)).ok();
        InstallFailed { error, verified: self }
    }

    fn require_unaltered(&self) -> Result<()> {
        let found = Id::of_file(&self.file).map_err(|cause| {
            Error::system(format_args!("could not read {}", self.path.display()), cause)
        })?;
        if found == self.id {
            Ok(())
        } else {
            let why = format!("its SHA-1 was {} and is {found}", self.id);
            Err(altered(&self.path, &why))
        }
    }

    fn refresh_target(&mut self) -> Result<bool> {
        still_replaces(&self.site.target, &mut self.replaces, self.id)
    }
}
