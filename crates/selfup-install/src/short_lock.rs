//! Changing what is at the path: one at a time, and each for a moment only.

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

/// The right to change the target, the previous executable and the record, for a moment: nothing is
/// downloaded and no program run meanwhile.
///
/// Who takes it finds no swap half done: one that was cut short is finished or forgotten.
#[derive(Debug)]
pub(crate) struct ShortLock {
    pub(crate) target: Target,
    directory: File,
    _lock: Lock,
}

impl ShortLock {
    /// Waits for those who have theirs.
    pub(crate) fn take(target: &Target) -> Result<Self> {
        let directory = open_directory(target.names().directory())?;
        let lock = Lock::wait(&target.names().turn(), &Belief::of(target)?)?;
        stale_files::settle(target);
        Ok(Self { target: target.clone(), directory, _lock: lock })
    }

    /// What is remembered at this moment.
    pub(crate) fn record(&self) -> Result<Record> {
        Ok(read(&self.target)?.unwrap_or_default())
    }

    /// Replaces the record by one `rename(2)`, and makes it last; one that says nothing is removed.
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

    /// Makes the renames in the directory last; see fsync(2).
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

/// The record as it is at some moment, if there is one; no lock is needed to read it.
pub(crate) fn read(target: &Target) -> Result<Option<Record>> {
    let path = target.names().record();
    let failed = |cause| Error::system(format_args!("could not read {}", path.display()), cause);
    let opened =
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&path);
    let file = match opened {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // What somebody else has put there says nothing.
    if Belief::of(target)?.doubt(&file.metadata().map_err(failed)?).is_some() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(LONGEST as u64).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(Record::parse(&bytes)))
}

/// Whatever the umask, everybody may read it: it holds no secret, and operators want to know.
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

/// On a full disk there is room for what is there already. Only where the length stays the same, as
/// with one more start: then it is a digit that changes, and no crash can leave half of that.
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
