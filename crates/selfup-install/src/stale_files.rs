//! What an installer that was killed left beside the target.

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
    /// Removes the temporary files and the lock of this process, for one that has to end at once
    /// while another of its threads is anywhere between [`stage`](Target::stage) or
    /// [`preflight`](Target::preflight) and the swap. Another process's are left alone.
    ///
    /// The process must end right after: with its lock file gone, a lock keeps nobody away. What
    /// is not removed, the next installer removes.
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
/// To be called by the one who installs only: no other installer lives, so that every such file is
/// a leftover. What cannot be removed is left: it is in nobody's way.
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

/// Finishes or forgets a swap that was cut short, and removes a record that was not written to its
/// end. To be called by the one whose turn it is.
///
/// `replaced` exists from just before the swap until just after. If the swap took place, it is the
/// previous executable; if not, it is the present one, or a copy of it.
pub(crate) fn settle(target: &Target) {
    drop(fs::remove_file(target.names().new_record()));
    let (replaced, previous) = (target.names().replaced(), target.names().previous());
    if replaced.symlink_metadata().is_err() {
        return;
    }
    // What cannot be looked at is left to the next one.
    let Ok(belief) = Belief::of(target) else { return };
    let Ok(is_believed) = belief.has(&replaced) else { return };
    if is_believed && is_another(&replaced, target.resolved()) {
        drop(lay_aside(target, &replaced, &previous));
    }
    // Also where the rename did nothing, because both names belonged to one inode.
    drop(fs::remove_file(replaced));
}

fn is_another(replaced: &Path, present: &Path) -> bool {
    match (Occupant::at(replaced), Occupant::at(present)) {
        (Ok(replaced), Ok(present)) => replaced.id != present.id,
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    }
}
