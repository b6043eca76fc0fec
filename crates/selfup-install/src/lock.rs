//! The lock that admits one installer at a time.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::poll::poll;

use crate::belief::{Belief, ignored};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Identity;
use crate::sys::flock;

/// How many times the lock file may disappear between opening and locking it before that counts as busy.
const ATTEMPTS: u32 = 16;

/// How long to wait for a lock that is held for moments only: much longer than it takes to hash and flush a large
/// executable on a slow disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two attempts meanwhile, in milliseconds.
const PAUSE: u8 = 5;

/// A lock, held until it is dropped.
///
/// It is a `flock(2)` on a file of its own, so it ends with its holder, however that ends. The holder removes
/// the file before it unlocks it. A process that has locked a file that is no longer at the path starts again,
/// so two processes never hold two different files.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock without waiting.
    pub(crate) fn take(path: PathBuf, belief: &Belief) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            remove_planted(&path, belief)?;
            let file = open(&path)?;
            if let Some(file) = lock(&path, file)? {
                return Ok(Self { file, path });
            }
        }
        Err(busy(&path, None))
    }

    /// Takes the lock, and waits for a bounded time. It is for locks that are held for moments only.
    pub(crate) fn wait(path: &Path, belief: &Belief) -> Result<Self> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Self::take(path.to_owned(), belief) {
                Err(error) if error.kind() == ErrorKind::Busy && Instant::now() < until => {
                    let _interrupted = poll(&mut [], PAUSE);
                }
                result => return result,
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails, an unlocked file stays behind, which the next holder locks and removes.
        drop(fs::remove_file(&self.path));
        // If this fails, the file is unlocked when the last duplicate of a fork is closed.
        drop(flock::unlock(&self.file));
    }
}

/// Returns whether this process holds the lock at the path, by the note in it.
pub(crate) fn is_ours(path: &Path) -> bool {
    let file =
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
    file.ok().and_then(noted).is_some_and(|noted| noted == our_note())
}

/// The note in the lock file: the pid for people, and a random token that identifies this process, because two
/// containers that share a volume may have processes with the same pid.
fn our_note() -> String {
    static TOKEN: OnceLock<Option<u128>> = OnceLock::new();
    let token = TOKEN.get_or_init(|| {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok().map(|()| u128::from_ne_bytes(bytes))
    });
    // Without random numbers, no lock is recognised as ours.
    let token = token.map_or_else(|| "?".to_owned(), |token| format!("{token:032x}"));
    format!("{} {token}", std::process::id())
}

/// Removes a lock file of a user who may not replace the target, and who could lock everyone out with it.
fn remove_planted(path: &Path, belief: &Belief) -> Result<()> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    match belief.doubt(&found) {
        Some(why) => fs::remove_file(path).map_err(|cause| ignored(path, &why).because(cause)),
        None => Ok(()),
    }
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|cause| match path.symlink_metadata() {
            Ok(metadata) if cause.kind() == io::ErrorKind::PermissionDenied => Error::new(
                ErrorKind::Busy,
                format!(
                    "could not open the lock file {}: it belongs to uid {}; remove it if that user \
                     installs nothing now",
                    path.display(),
                    metadata.uid()
                ),
            )
            .because(cause),
            _ => could_not_lock(path, cause),
        })
}

/// Locks an open file. Returns `None` if it is no longer at the path.
fn lock(path: &Path, mut file: File) -> Result<Option<File>> {
    match flock::try_lock(&file) {
        Ok(true) => {}
        Ok(false) => return Err(busy(path, holder(file))),
        Err(cause) => return Err(could_not_lock(path, cause)),
    }
    if !is_still_at(path, &file) {
        return Ok(None);
    }
    // The lock is valid without the note, and has to work on a full disk.
    drop(sign(&mut file));
    Ok(Some(file))
}

fn is_still_at(path: &Path, file: &File) -> bool {
    match (Identity::at(path), Identity::of_file(file)) {
        (Ok(there), Ok(here)) => there.is_same_file(&here),
        _ => false,
    }
}

/// Writes the note for processes that find the lock taken. The mode is set because of the umask.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.set_len(0)?;
    writeln!(file, "{}", our_note())
}

fn noted(mut file: File) -> Option<String> {
    let mut text = [0; 64];
    let length = file.read(&mut text).ok()?;
    Some(std::str::from_utf8(&text[..length]).ok()?.trim_end().to_owned())
}

fn holder(file: File) -> Option<u32> {
    noted(file)?.split(' ').next()?.parse().ok()
}

fn busy(path: &Path, holder: Option<u32>) -> Error {
    let holder = holder.map_or_else(|| "another process".into(), |pid| format!("process {pid}"));
    let path = path.display();
    Error::new(ErrorKind::Busy, format!("could not lock {path}: {holder} is installing; try later"))
}

fn could_not_lock(path: &Path, cause: io::Error) -> Error {
    Error::system(format_args!("could not lock {}", path.display()), cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;

    fn belief(directory: &tempfile::TempDir) -> Belief {
        let app = directory.path().join("app");
        fs::write(&app, "").unwrap();
        Belief::of(&Target::new(app).unwrap()).unwrap()
    }

    #[test]
    fn the_error_names_the_holder_and_no_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (path, belief) = (directory.path().join("lock"), belief(&directory));
        let first = Lock::take(path.clone(), &belief).unwrap();
        assert!(is_ours(&path));
        let error = Lock::take(path.clone(), &belief).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.is_transient());
        assert!(error.to_string().contains(&format!("process {} ", std::process::id())), "{error}");
        drop(first);
        assert!(!path.exists());
        drop(Lock::take(path, &belief).unwrap());
    }

    #[test]
    fn a_stale_lock_file_is_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        let (path, belief) = (directory.path().join("lock"), belief(&directory));
        fs::write(&path, "999999999 and more\n").unwrap();
        let lock = Lock::take(path.clone(), &belief).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), our_note() + "\n");
        drop(lock);
        assert!(!path.exists());
    }

    #[test]
    fn a_removed_lock_file_is_no_lock() {
        let directory = tempfile::tempdir().unwrap();
        let (path, belief) = (directory.path().join("lock"), belief(&directory));
        let first = Lock::take(path.clone(), &belief).unwrap();
        let opened = [open(&path).unwrap(), open(&path).unwrap()];
        drop(first);
        let [gone, elsewhere] = opened;
        assert!(lock(&path, gone).unwrap().is_none());
        let _second = Lock::take(path.clone(), &belief).unwrap();
        assert!(lock(&path, elsewhere).unwrap().is_none());
    }

    #[test]
    fn two_threads_never_hold_the_lock_at_once() {
        use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
        let directory = tempfile::tempdir().unwrap();
        let (path, belief) = (directory.path().join("lock"), belief(&directory));
        let (held, taken) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Ok(lock) = Lock::take(path.clone(), &belief) {
                            assert!(!held.swap(true, Ordering::SeqCst), "two hold the lock");
                            taken.fetch_add(1, Ordering::SeqCst);
                            held.store(false, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
    }
}
