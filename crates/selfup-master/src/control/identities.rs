//! The ids and versions of files that operators ask about, each read once on a thread of its own.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use selfup_control::Executable;
use selfup_install::{Id, Notes};
use selfup_signals::Blocked;

/// The most files that are remembered: more than one service has.
const MOST: usize = 16;

/// What has been read so far. It can be cloned, and used from any thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    known: Arc<Mutex<HashMap<Stamp, Option<Id>>>>,
}

/// A file whose bytes have not changed has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stamp {
    inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
}

impl Identities {
    /// Returns what is known about the file that is there now, if there is one. Its id is `None` until it has been
    /// read, which begins now: reading a large file takes longer than an operator should wait.
    pub(super) fn of(&self, file: &Path, named: &Path) -> Option<Executable> {
        let file = File::open(file).ok()?;
        let stamp = Stamp::of(&file).ok()?;
        let version =
            Notes::of_file(&file).ok().and_then(|notes| notes.version().map(str::to_owned));
        let known = self.known().get(&stamp).copied();
        let id = match known {
            Some(id) => id,
            None => {
                // Without a thread, the next request tries again.
                let _begun = self.read(file, stamp);
                None
            }
        };
        let path = named.display().to_string();
        Some(Executable { path, version, id: id.map(|id| id.to_string()) })
    }

    fn read(&self, file: File, stamp: Stamp) -> Result<(), io::Error> {
        // No signal is delivered to the thread.
        let blocked = Blocked::all().map_err(io::Error::other)?;
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(stamp, None);
        drop(known);
        let this = self.clone();
        let read = move || match Id::of_file(&file) {
            Ok(id) => _ = this.known().insert(stamp, Some(id)),
            Err(_) => this.forget(stamp),
        };
        let begun = thread::Builder::new().name("selfup-identify".into()).spawn(read);
        drop(blocked);
        begun.map(drop).inspect_err(|_| self.forget(stamp))
    }

    fn forget(&self, stamp: Stamp) {
        self.known().remove(&stamp);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Stamp, Option<Id>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            inode: (found.dev(), found.ino()),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Instant};

    use super::*;

    #[test]
    fn a_file_has_its_id_once_it_is_read_and_another_one_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        let identities = Identities::default();
        assert_eq!(identities.of(&path, &path), None);
        let read = |expected: Id| {
            let begun = Instant::now();
            loop {
                let found = identities.of(&path, &path).unwrap();
                assert_eq!(found.path, path.display().to_string());
                match found.id {
                    Some(id) => return assert_eq!(id, expected.to_string()),
                    None => assert!(begun.elapsed().as_secs() < 60, "it is never read"),
                }
                thread::yield_now();
            }
        };
        fs::write(&path, "one").unwrap();
        read(Id::of(&b"one"[..]).unwrap());
        fs::write(&path, "another").unwrap();
        read(Id::of(&b"another"[..]).unwrap());
    }
}
