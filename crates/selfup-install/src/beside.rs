//! The files on trial beside a target: which are held, and clearing up.

use std::fs::{self, File};
use std::path::Path;

use crate::belief::Belief;
use crate::id::Id;
use crate::identity::open_regular;
use crate::reason::Why;
use crate::record::{Beside, Record};
use crate::sys::flock;
use crate::target::Target;

/// Removes what is nobody's: files on trial without a line, and lines without a file, or whose file
/// nobody holds although another executable is at the path than the one it was to replace.
///
/// To be called by the one whose turn it is.
pub(crate) fn sweep(target: &Target, record: &mut Record, present: Id) {
    // What cannot be looked at is left alone.
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

/// Removes the files on trial that have no line and that nobody holds.
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

/// Refuses by hand all that is on trial to replace what is at the path; whether there was anything.
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

/// A file on trial that is locked, until this is dropped.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// One that was locked before.
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
        // Else a duplicate that a fork has just made would keep it locked for a moment.
        drop(flock::unlock(&self.0));
    }
}

/// A file on trial, and whose it is.
pub(crate) enum Held {
    Gone,
    ByAnother,
    Here(Locked),
}

/// Locks it, unless somebody else has.
pub(crate) fn hold(path: &Path, belief: &Belief) -> Held {
    let Ok(file) = open_regular(path) else { return Held::Gone };
    if file.metadata().is_ok_and(|found| belief.doubt(&found).is_some()) {
        return Held::Gone;
    }
    match flock::try_lock(&file) {
        Ok(true) => Held::Here(Locked(file)),
        // Where it cannot be locked it is left alone.
        Ok(false) | Err(_) => Held::ByAnother,
    }
}
