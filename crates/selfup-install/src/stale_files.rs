//! Removes what a killed installer left beside the target.

use std::fs;
use std::path::Path;

use crate::belief::Belief;
use crate::eintr::retry_on_eintr;
use crate::error::{Error, Result};
use crate::lay_aside::lay_aside;
use crate::lock::is_ours;
use crate::occupant::Occupant;
use crate::target::Target;

impl Target {
    /// Removes the temporary files and the lock of this process, and of no other.
    ///
    /// This is for a process that has to end at once while another of its threads is somewhere between
    /// [`stage`](Target::stage) or [`preflight`](Target::preflight) and the rename. The process has to end
    /// right after, because the lock has no effect without its file. The next installer removes what is left.
    pub fn abandon(&self) {
        let lock = self.names().lock();
        if is_ours(&lock) {
            drop(clear(self));
            drop(fs::remove_file(lock));
        }
    }
}

/// Removes temporary files.
///
/// The caller holds the installer's lock, so every such file is a leftover. A file that cannot be removed stays,
/// and does no harm.
pub(crate) fn clear(target: &Target) -> Result<()> {
    let names = target.names();
    let unreadable = |cause| {
        Error::system(format_args!("could not list {}", names.directory().display()), cause)
    };
    for entry in retry_on_eintr(|| fs::read_dir(names.directory())).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && names.temporary_token(&entry.file_name()).is_some() {
            drop(fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

/// Finishes or drops a replacement that was interrupted, and removes an incomplete record. The caller holds the
/// short lock.
///
/// `replaced` exists from just before the rename until just after. If the rename was done, it is the previous
/// executable; otherwise it is the present one, or a copy of it.
pub(crate) fn settle(target: &Target) {
    drop(fs::remove_file(target.names().new_record()));
    let (replaced, previous) = (target.names().replaced(), target.names().previous());
    if replaced.symlink_metadata().is_err() {
        return;
    }
    // If the files cannot be examined, this is left to the next process.
    let Ok(belief) = Belief::of(target) else { return };
    let Ok(is_believed) = belief.has(&replaced) else { return };
    if is_believed && is_another(&replaced, target.resolved()) {
        drop(lay_aside(target, &replaced, &previous));
    }
    // Also if the rename did nothing, because both names belonged to one inode.
    drop(fs::remove_file(replaced));
}

fn is_another(replaced: &Path, present: &Path) -> bool {
    match (Occupant::at(replaced), Occupant::at(present)) {
        (Ok(replaced), Ok(present)) => replaced.id != present.id,
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    }
}
