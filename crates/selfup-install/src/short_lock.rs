//! The short lock, and the changes that are made under it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::belief::Belief;
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Lock;
use crate::occupant::open_directory;
use crate::record::{LONGEST, Record};
use crate::stale_files;
use crate::target::Target;

/// The right to change the target, the previous executable and the record. It is held for a moment only: nothing
/// is downloaded and no program is run meanwhile.
///
/// Taking it finishes or drops a replacement that was interrupted.
#[derive(Debug)]
pub(crate) struct ShortLock {
    pub(crate) target: Target,
    directory: File,
    _lock: Lock,
}

impl ShortLock {
    /// Takes the lock, and waits for other processes that have it.
    pub(crate) fn take(target: &Target) -> Result<Self> {
        let directory = open_directory(target.names().directory())?;
        let lock = Lock::wait(&target.names().turn(), &Belief::of(target)?)?;
        stale_files::settle(target);
        Ok(Self { target: target.clone(), directory, _lock: lock })
    }

    /// Reads the record.
    pub(crate) fn record(&self) -> Result<Record> {
        Ok(read(&self.target)?.unwrap_or_default())
    }

    /// Replaces the record by one `rename(2)`, and flushes it. An empty record is removed.
    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        let path = self.target.names().record();
        let written = if record.is_empty() {
            remove(&path)
        } else {
            self.replace(&path, &record.to_string())
        };
        written.and_then(|()| self.directory.sync_all()).map_err(|cause| {
            Error::system(format_args!("could not write {}", path.display()), cause)
        })
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let new = self.target.names().new_record();
        let replaced = create(&new, text).and_then(|()| fs::rename(&new, path));
        replaced.or_else(|cause| {
            drop(fs::remove_file(&new));
            match cause.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => overwrite(path, text),
                _ => Err(cause),
            }
        })
    }

    /// Flushes the renames in the directory; see fsync(2).
    pub(crate) fn flush(&self) -> Result<()> {
        self.directory.sync_all().map_err(|cause| {
            let text = format!(
                "could not flush the directory of {}; a power failure may undo the replacement",
                self.target.resolved().display()
            );
            Error::new(ErrorKind::Io, text).because(cause)
        })
    }
}

/// Reads the record, if there is one. This needs no lock.
pub(crate) fn read(target: &Target) -> Result<Option<Record>> {
    let path = target.names().record();
    let failed = |cause| Error::system(format_args!("could not read {}", path.display()), cause);
    let opened =
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&path);
    let file = match opened {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // A record of another user is ignored.
    if Belief::of(target)?.doubt(&file.metadata().map_err(failed)?).is_some() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LONGEST as u64).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(Record::parse(&bytes)))
}

/// Creates the record, which all users may read, whatever the umask: it has no secret, and operators need it.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(libc::O_NOFOLLOW)
        .mode(0o644)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.sync_all()
}

/// Overwrites the record in place, because a full disk has room for that. This is done only if the length stays
/// the same, as with one more start: then one digit changes, and no crash can leave half of it.
fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).custom_flags(libc::O_NOFOLLOW).open(path)?;
    if file.metadata()?.len() != text.len() as u64 {
        return Err(io::Error::from_raw_os_error(libc::ENOSPC));
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
