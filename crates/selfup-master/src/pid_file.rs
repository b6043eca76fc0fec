//! The file that tells others whom to signal.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
};

use tempfile::NamedTempFile;

use crate::{
    error::{Error, ErrorKind},
    sys::flock,
};

/// How often somebody may come first between looking and writing.
const ATTEMPTS: u32 = 8;

/// The file that tells others whom to signal; see `Config::pid_file`.
///
/// It is locked by the process that it names, so that what it says holds as long as the lock does,
/// whoever may have the same pid later.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    /// Locked, once it is written.
    ours: Option<File>,
}

impl PidFile {
    /// Fails if a process that still runs has it. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// Another process holds it, or it cannot be opened.
    pub fn claim(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|cause| cannot_write(path, cause))?;
        if let Ok(there) = open(&path)
            && let Ok(false) = flock::try_lock_shared(&there)
        {
            return Err(held(&path, &there));
        }
        Ok(Self { path, ours: None })
    }

    /// For a process that is up already.
    ///
    /// # Errors
    ///
    /// It is that of another process, or cannot be written.
    pub fn write_now(path: &Path) -> Result<Self, Error> {
        let mut this = Self::claim(path)?;
        this.write()?;
        Ok(this)
    }

    /// Writes it; once it is there, it is not written again.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&mut self) -> Result<(), Error> {
        if self.ours.is_none() {
            self.ours = Some(place(&self.path)?);
        }
        Ok(())
    }

    /// Removes it, if it is still the one that was written.
    ///
    /// # Errors
    ///
    /// It cannot be removed.
    pub fn remove(&mut self) -> io::Result<()> {
        match self.ours.take() {
            Some(ours) if is_at(&ours, &self.path)? && named(&ours) == Some(process::id()) => {
                fs::remove_file(&self.path)
            }
            _ => Ok(()),
        }
    }
}

/// Puts a file with this pid, complete and locked, where there is none or one that nobody holds.
fn place(path: &Path) -> Result<File, Error> {
    let failed = |cause| cannot_write(path, cause);
    let mut ours = prepare(path).map_err(failed)?;
    for _ in 0..ATTEMPTS {
        let there = match open(path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match ours.persist_noclobber(path) {
                    Ok(file) => return Ok(file),
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                        ours = error.file;
                        continue;
                    }
                    Err(error) => return Err(failed(error.error)),
                }
            }
            Err(error) => return Err(failed(error)),
        };
        if !flock::try_lock(&there).map_err(failed)? {
            return Err(held(path, &there));
        }
        // Others who find it stale have to get that lock as well.
        if is_at(&there, path).map_err(failed)? {
            return ours.persist(path).map_err(|error| failed(error.error));
        }
    }
    Err(failed(io::ErrorKind::ResourceBusy.into()))
}

/// The file that is to be, beside its place.
fn prepare(path: &Path) -> io::Result<NamedTempFile> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    writeln!(file, "{}", process::id())?;
    flock::try_lock(file.as_file())?;
    Ok(file)
}

fn open(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) if !file.metadata()?.is_file() => {
            Err(io::Error::other("something other than a file is there"))
        }
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => {
            Err(io::Error::other("a symbolic link is there; name the file itself"))
        }
        opened => opened,
    }
}

/// Whether the path leads to this very file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let here = file.metadata()?;
    match path.symlink_metadata() {
        Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The pid in a file.
fn named(file: &File) -> Option<u32> {
    let mut text = [0; 16];
    let length = file.read_at(&mut text, 0).ok()?;
    std::str::from_utf8(&text[..length]).ok()?.trim_end().parse().ok()
}

fn held(path: &Path, file: &File) -> Error {
    let holder = named(file).map_or("another process".to_owned(), |pid| format!("process {pid}"));
    let path = path.display();
    let what = format!(
        "could not use the pid file {path}: {holder} holds it; end that one, or name another file"
    );
    Error::new(ErrorKind::PidFile, what)
}

fn cannot_write(path: &Path, cause: io::Error) -> Error {
    let what = format!("could not write the pid file {}", path.display());
    Error::new(ErrorKind::PidFile, what).because(cause)
}
