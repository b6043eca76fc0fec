//! Keeping the executable that is replaced, and putting it back.

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

/// The executable that an installation replaced.
#[derive(Debug, Clone)]
pub struct Previous {
    path: PathBuf,
}

impl Previous {
    /// Where it is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its id, which reads all of it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) or [`Io`](ErrorKind::Io) if it cannot be read any more.
    pub fn id(&self) -> Result<Id> {
        Ok(Occupant::at(&self.path)?.id)
    }
}

/// A previous executable that is in its place again.
#[derive(Debug)]
pub struct Restored {
    id: Id,
    warning: Option<Error>,
}

impl Restored {
    /// The id of the executable that is in place now.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// What did not succeed besides: the directory could not be flushed, so a power failure may undo
    /// it, or the record could not be written, so that what failed may be tried again.
    #[must_use]
    pub const fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }
}

impl Target {
    /// The executable that the present one replaced, if it was kept.
    #[must_use]
    pub fn previous(&self) -> Option<Previous> {
        self.kept().unwrap_or_default()
    }

    /// The same, where not to be able to look is another thing than to see nothing.
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
        // One file with both names is no previous executable.
        let is_present = present.is_some_and(|present| present.is_same_file(&kept));
        Ok((!is_present).then_some(Previous { path }))
    }

    /// Puts the previous executable back by one `rename(2)`, whatever is at the path now, and
    /// flushes the directory. What was there is gone and refused from now on, as "rolled back by
    /// hand"; no previous one is left, and nothing is on trial.
    ///
    /// While an upgrade is on trial beside the target ([`Trial`](crate::Trial)), it is that which is
    /// refused, and the path stays as it is: it leads to the executable to go back to. Whoever has
    /// the trial in hand takes it back as soon as it looks ([`Trial::is_refused`](crate::Trial::is_refused)).
    ///
    /// An installation that is under way is not disturbed up to its swap, which then fails as
    /// [`TargetChanged`](ErrorKind::TargetChanged).
    ///
    /// # Errors
    ///
    /// [`NoPrevious`](ErrorKind::NoPrevious) if none was kept; [`Busy`](ErrorKind::Busy) if somebody
    /// else is changing the target and does not come to an end; otherwise what the file system
    /// says. The target is what it was.
    pub fn rollback(&self) -> Result<Restored> {
        let turn = ShortLock::take(self)?;
        let mut record = turn.record()?;
        // If it cannot be read there is the more reason to replace it.
        let present = self.id().ok();
        if let Some(present) = present
            && beside::refuse(self, &mut record, present)
        {
            turn.write(&record)?;
            return Ok(Restored { id: present, warning: turn.flush().err() });
        }
        put_back(&turn, record, None, present.map(|id| (id, Why::ByHand)))
    }
}

/// Renames the previous executable over the target, if it is the expected one, and remembers that
/// the one it replaces is refused, unless they are the same.
///
/// The refusal is written before the rename, while the trial is still there: a crash in between is
/// so found at the next start. A record that cannot be written, because the disk is full for one,
/// is no reason to leave a bad executable in place.
pub(crate) fn put_back(
    turn: &ShortLock,
    mut record: Record,
    expected: Option<Id>,
    refused: Option<(Id, Why<'_>)>,
) -> Result<Restored> {
    let target = &turn.target;
    let none = |why: String| {
        let text = format!("could not roll {} back: {why}", target.path().display());
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

/// Gives the previous executable what the one at the path has: owner, extended attributes and mode.
/// Where there is none, they are what is usual.
///
/// One failure is no reason to leave a bad executable in place, nor one that nobody can execute.
fn dress(target: &Target, previous: &Path) -> Result<()> {
    let dressed = dress_once(target, previous).or_else(|_| dress_once(target, previous));
    dressed.inspect_err(|_| drop(fs::set_permissions(previous, Permissions::from_mode(USUAL))))
}

/// Everybody may execute it, and nobody gets rights by it.
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

/// A second name for the executable that is about to be replaced. Dropped before the swap, it is
/// removed again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Kept {
    replaced: PathBuf,
    previous: PathBuf,
    settled: bool,
}

/// Gives it the second name, under the lock.
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

/// Whether the link was made to what was looked at before. On an overlay the link copies it to the
/// upper layer first, and it becomes another inode with the same content.
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

/// Makes a copy of an executable that runs the previous one, in place of an older one.
pub(crate) fn keep_running(turn: &ShortLock, running: &File) -> Result<()> {
    let names = turn.target.names();
    copy(&turn.target, running, &names.replaced())?;
    lay_aside(&turn.target, &names.replaced(), &names.previous())?;
    turn.flush()
}

impl Kept {
    /// After the swap: makes it the previous executable.
    pub(crate) fn settle(mut self, target: &Target) -> Result<()> {
        // From here on it must not be removed: at worst the next installer finds it and does this.
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

/// No links on this file system, none to somebody else's file, or too many already.
fn has_no_links(cause: &io::Error) -> bool {
    let codes = [libc::EPERM, libc::EOPNOTSUPP, libc::ENOSYS, libc::EMLINK, libc::EXDEV];
    cause.raw_os_error().is_some_and(|code| codes.contains(&code))
}
