//! The executables on trial beside a target: which are in use, and which are left over.

use std::fs::{self, File};
use std::path::Path;

use crate::belief::Belief;
use crate::id::Id;
use crate::identity::open_regular;
use crate::reason::Why;
use crate::record::{Beside, Record};
use crate::sys::flock;
use crate::target::Target;

/// Removes leftovers: files on trial without a line in the record, lines without a file, and trials that no
/// process holds although another executable is at the path than the one they were to replace.
///
/// The caller holds the short lock.
pub(crate) fn sweep(target: &Target, record: &mut Record, present: Id) {
    // Files that cannot be examined are left alone.
    let Ok(belief) = Belief::of(target) else { return };
    for line in record.candidates().to_vec() {
        let path = target.names().trial(&line.token);
        let is_over = match hold(&path, &belief) {
            Held::Gone => true,
            Held::ByAnother => false,
            Held::Here(_) => line.present != present,
        };
        if is_over {
            record.end_candidate(&line.token);
            drop(fs::remove_file(path));
        }
    }
    clear(target, record);
}

/// Removes the files on trial that have no line and that no process holds.
pub(crate) fn clear(target: &Target, record: &Record) {
    let Ok(entries) = fs::read_dir(target.names().directory()) else { return };
    let Ok(belief) = Belief::of(target) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(token) = target.names().trial_token(&name) else { continue };
        let is_known = record.candidates().iter().any(|line| line.token == token);
        if !is_known && matches!(hold(&entry.path(), &belief), Held::Here(_)) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Refuses, as if by hand, every executable on trial for the place of the present one. Returns whether there was
/// one.
pub(crate) fn refuse(target: &Target, record: &mut Record, present: Id) -> bool {
    sweep(target, record, present);
    let tried = |line: &&Beside| line.present == present;
    let tried: Vec<_> = record.candidates().iter().filter(tried).cloned().collect();
    for line in &tried {
        Why::ByHand.note(record, line.id);
        record.end_candidate(&line.token);
    }
    clear(target, record);
    !tried.is_empty()
}

/// A locked file on trial. Dropping it unlocks the file.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Wraps a file that has been locked already.
    pub(crate) const fn new(file: File) -> Self {
        Self(file)
    }
}

impl std::ops::Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Otherwise a duplicate of a fork in another thread could keep it locked for a moment.
        drop(flock::unlock(&self.0));
    }
}

/// A file on trial, and whether another process has it.
pub(crate) enum Held {
    Gone,
    ByAnother,
    Here(Locked),
}

/// Locks a file on trial, unless another process has.
pub(crate) fn hold(path: &Path, belief: &Belief) -> Held {
    let Ok(file) = open_regular(path) else { return Held::Gone };
    if file.metadata().is_ok_and(|found| belief.doubt(&found).is_some()) {
        return Held::Gone;
    }
    match flock::try_lock(&file) {
        Ok(true) => Held::Here(Locked(file)),
        // A file that cannot be locked is left alone.
        Ok(false) | Err(_) => Held::ByAnother,
    }
}
