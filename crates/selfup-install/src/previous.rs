//! Keeps the replaced executable, and rolls back to it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::attributes;
use crate::belief::Belief;
use crate::beside;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::{Identity, open_regular};
use crate::lay_aside::{copy, lay_aside};
use crate::occupant::Occupant;
use crate::reason::Why;
use crate::record::Record;
use crate::short_lock::ShortLock;
use crate::target::Target;

/// The executable that an installation has replaced.
#[derive(Debug, Clone)]
pub struct Previous {
    path: PathBuf,
}

impl Previous {
    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Computes its id, which reads the whole file.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) or [`Io`](ErrorKind::Io) if it cannot be read any more.
    pub fn id(&self) -> Result<Id> {
        Ok(Occupant::at(&self.path)?.id)
    }
}

/// A completed rollback: the previous executable is at the path again.
#[derive(Debug)]
pub struct Restored {
    id: Id,
    warning: Option<Error>,
}

impl Restored {
    /// Returns the id of the executable that is at the path now.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Returns what failed besides, if anything: the directory could not be flushed, so a power failure may
    /// undo the rollback, or the record could not be written, so the failed executable may be tried again.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }
}

impl Target {
    /// Returns the executable that the present one has replaced, if it was kept.
    #[must_use]
    pub fn previous(&self) -> Option<Previous> {
        self.kept().unwrap_or_default()
    }

    /// Returns the same, but distinguishes a file that cannot be examined from none.
    pub(crate) fn kept(&self) -> Result<Option<Previous>> {
        let path = self.names().previous();
        let at = |path: &Path| match Identity::regular_at(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            identity => identity.map_err(|cause| {
                Error::system(format_args!("could not examine {}", path.display()), cause)
            }),
        };
        let (Some(kept), present) = (at(&path)?, at(self.resolved())?) else { return Ok(None) };
        let is_believed = Belief::of(self)?.has(&path).map_err(|cause| {
            Error::system(format_args!("could not examine {}", path.display()), cause)
        })?;
        if !is_believed {
            return Ok(None);
        }
        // If one file has both names, there is no previous executable.
        let is_present = present.is_some_and(|present| present.is_same_file(&kept));
        Ok((!is_present).then_some(Previous { path }))
    }

    /// Rolls back to the previous executable by one `rename(2)`, whatever is at the path now, and flushes the
    /// directory. The executable that was at the path is removed, and refused from now on as "rolled back by
    /// hand". No previous one is left, and nothing is on trial.
    ///
    /// If an upgrade is on trial beside the target ([`Trial`](crate::Trial)), that one is refused instead,
    /// and the path does not change, because it leads to the proven executable. The process that has the
    /// trial ends it as soon as it checks ([`Trial::is_refused`](crate::Trial::is_refused)).
    ///
    /// An installation under way is not disturbed until its rename, which then fails with
    /// [`TargetChanged`](ErrorKind::TargetChanged).
    ///
    /// # Errors
    ///
    /// [`NoPrevious`](ErrorKind::NoPrevious) if none was kept, [`Busy`](ErrorKind::Busy) if another process
    /// has been changing the target for 10 s, otherwise the errors of the file system. The target is
    /// unchanged.
    pub fn roll_back(&self) -> Result<Restored> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        // If it cannot be read, it has to be replaced all the more.
        let present = self.id().ok();
        if let Some(present) = present
            && beside::refuse(self, &mut record, present)
        {
            turn.write(&record)?;
            return Ok(Restored { id: present, warning: turn.flush().err() });
        }
        rename_previous(&turn, record, None, present.map(|id| (id, Why::ByHand)))
    }

    /// Rolls back by one `rename(2)`, because the executable at the path has failed after it was committed. It
    /// may be tried again later ([`Refusal`](crate::Refusal) describes when). `reason` is shortened to one line of
    /// 500 bytes.
    ///
    /// If another process has an upgrade on trial beside the target, its commit fails then with
    /// [`TargetChanged`](ErrorKind::TargetChanged).
    ///
    /// # Errors
    ///
    /// Those of [`roll_back`](Self::roll_back).
    pub fn fall_back(&self, reason: &str) -> Result<Restored> {
        let turn = ShortLock::take(self)?;
        let record = turn.record()?;
        let present = self.id().ok();
        rename_previous(&turn, record, None, present.map(|id| (id, Why::Failed(reason))))
    }
}

/// Renames the previous executable over the target, if it is the expected one, and records that the one at the
/// path is refused, unless they are the same.
///
/// The refusal is written before the rename, while the trial is on record, so that the next start finds a crash
/// in between. If the record cannot be written, because the disk is full for example, the rollback is done
/// all the same.
pub(crate) fn rename_previous(
    turn: &ShortLock,
    mut record: Record,
    expected: Option<Id>,
    refused: Option<(Id, Why<'_>)>,
) -> Result<Restored> {
    let target = &turn.target;
    let none = |why: String| {
        let text = format!("could not roll back {}: {why}", target.path().display());
        Error::new(ErrorKind::NoPrevious, text)
    };
    let previous = target.kept()?.ok_or_else(|| {
        let there = target.names().previous().symlink_metadata();
        none(match there.ok().and_then(|found| Belief::of(target).ok()?.doubt(&found)) {
            Some(why) => format!("what is there in its stead is ignored: {why}"),
            None => "none was kept".into(),
        })
    })?;
    let id = previous.id()?;
    if let Some(expected) = expected.filter(|expected| *expected != id) {
        return Err(none(format!("it was {expected}, kept is {id}")));
    }
    let refused = refused.filter(|(refused, _)| *refused != id);
    let noted = match refused {
        Some((refused, why)) => {
            why.note(&mut record, refused);
            turn.write(&record)
        }
        None => Ok(()),
    };
    let dressed = dress(target, previous.path());
    fs::rename(previous.path(), target.resolved()).map_err(|cause| {
        let (from, to) = (previous.path().display(), target.resolved().display());
        Error::system(format_args!("could not rename {from} to {to}"), cause)
    })?;
    let forgotten = if record.has_trials() {
        record.end_trials();
        turn.write(&record)
    } else {
        Ok(())
    };
    Ok(Restored { id, warning: turn.flush().and(dressed).and(noted).and(forgotten).err() })
}

/// Gives the previous executable the owner, the extended attributes and the mode of the one at the path. Without
/// one there, the mode is the usual one.
///
/// A failure does not prevent the rollback, and the executable stays executable.
fn dress(target: &Target, previous: &Path) -> Result<()> {
    let dressed = dress_once(target, previous).or_else(|_| dress_once(target, previous));
    dressed.inspect_err(|_| drop(fs::set_permissions(previous, Permissions::from_mode(USUAL))))
}

/// The usual mode: all users may execute it, and none gets rights by that.
const USUAL: u32 = 0o755;

fn dress_once(target: &Target, previous: &Path) -> Result<()> {
    let failed =
        |cause| Error::system(format_args!("could not dress {}", previous.display()), cause);
    let file = open_regular(previous)?;
    match target.open() {
        Ok(present) => attributes::carry(target.resolved(), &present, &file)?,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotRegular) => {
            file.set_permissions(Permissions::from_mode(USUAL)).map_err(failed)?;
        }
        Err(error) => return Err(error),
    }
    file.sync_all().map_err(failed)
}

/// A second name of the executable that is about to be replaced. Dropping it before the rename removes that name.
#[derive(Debug)]
#[must_use]
pub(crate) struct Kept {
    replaced: PathBuf,
    previous: PathBuf,
    settled: bool,
}

/// Gives the executable the second name. The caller holds the short lock.
pub(crate) fn keep(target: &Target, present: &Occupant) -> Result<Kept> {
    let (replaced, previous) = (target.names().replaced(), target.names().previous());
    let failed = |cause| {
        let (from, to) = (target.resolved().display(), replaced.display());
        Error::system(format_args!("could not keep {from} as {to}"), cause)
    };
    match fs::hard_link(target.resolved(), &replaced) {
        Ok(()) => {
            let kept = Kept { replaced, previous, settled: false };
            require_same(target, &kept.replaced, present)?;
            Ok(kept)
        }
        Err(cause) if has_no_links(&cause) => {
            copy(target, &present.file, &replaced)?;
            Ok(Kept { replaced, previous, settled: false })
        }
        Err(cause) => Err(failed(cause)),
    }
}

/// Checks that the link leads to the executable that was examined before. On an overlay, linking copies it to the
/// upper layer, where it is another inode with the same content.
fn require_same(target: &Target, linked: &Path, present: &Occupant) -> Result<()> {
    let is_same_file = |it: Identity| it.is_same_file(&present.identity);
    let is_same_content = || Occupant::at(linked).is_ok_and(|linked| linked.id == present.id);
    if Identity::at(linked).is_ok_and(is_same_file) || is_same_content() {
        return Ok(());
    }
    let path = target.resolved().display();
    let text = format!("could not replace {path}: another process replaced it at this moment");
    Err(Error::new(ErrorKind::TargetChanged, text))
}

/// Keeps a copy of a running executable as the previous one, in place of an older one.
pub(crate) fn keep_running(turn: &ShortLock, running: &File) -> Result<()> {
    let names = turn.target.names();
    copy(&turn.target, running, &names.replaced())?;
    lay_aside(&turn.target, &names.replaced(), &names.previous())?;
    turn.flush()
}

impl Kept {
    /// Makes it the previous executable, after the rename.
    pub(crate) fn settle(mut self, target: &Target) -> Result<()> {
        // From here on it must not be removed. If this fails, the next installer finishes it.
        self.settled = true;
        lay_aside(target, &self.replaced, &self.previous)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.settled {
            drop(fs::remove_file(&self.replaced));
        }
    }
}

/// Whether links are impossible: on this file system, to a file of another user, or because there are too many.
fn has_no_links(cause: &io::Error) -> bool {
    let codes = [libc::EPERM, libc::EOPNOTSUPP, libc::ENOSYS, libc::EMLINK, libc::EXDEV];
    cause.raw_os_error().is_some_and(|code| codes.contains(&code))
}
