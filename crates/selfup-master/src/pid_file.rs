//! The pid file.

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

/// How many times another process may come first between the check and the write.
const ATTEMPTS: u32 = 8;

/// The pid file, as `Config::pid_file` describes it.
///
/// The process that the file names locks it. The pid is valid as long as the lock is held, even if another
/// process has the same pid later.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    /// The file, which is locked, once it has been written.
    ours: Option<File>,
}

impl PidFile {
    /// Checks that no other process holds the file. This does not write it yet.
    ///
    /// # Errors
    ///
    /// Another process holds the file.
    pub fn claim(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|cause| cannot_write(path, cause))?;
        if let Ok(there) = open(&path)
            && let Ok(false) = flock::try_lock_shared(&there)
        {
            return Err(held(&path, &there));
        }
        Ok(Self { path, ours: None })
    }

    /// Claims and writes the file, for a process that serves already.
    ///
    /// # Errors
    ///
    /// Another process holds the file, or it cannot be written.
    pub fn write_now(path: &Path) -> Result<Self, Error> {
        let mut this = Self::claim(path)?;
        this.write()?;
        Ok(this)
    }

    /// Writes the file, the first time that this is called.
    ///
    /// # Errors
    ///
    /// Another process holds the file, or it cannot be written.
    pub fn write(&mut self) -> Result<(), Error> {
        if self.ours.is_none() {
            self.ours = Some(place(&self.path)?);
        }
        Ok(())
    }

    /// Removes the file, if it is still the one that was written.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn remove(&mut self) -> io::Result<()> {
        match self.ours.take() {
            Some(ours) if is_at(&ours, &self.path)? && named(&ours) == Some(process::id()) => {
                fs::remove_file(&self.path)
            }
            _ => Ok(()),
        }
    }
}

/// Puts a complete and locked file with this pid at the path, if there is none or no process holds it.
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
        // Another process that finds the file stale has to get this lock, too.
        if is_at(&there, path).map_err(failed)? {
            return ours.persist(path).map_err(|error| failed(error.error));
        }
    }
    Err(failed(io::ErrorKind::ResourceBusy.into()))
}

/// Creates the complete file beside its place.
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

/// Returns whether the path leads to this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let here = file.metadata()?;
    match path.symlink_metadata() {
        Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads the pid in a file.
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
