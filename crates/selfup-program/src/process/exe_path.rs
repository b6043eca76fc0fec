//! Where the running executable is.

use std::{
    env, fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use selfup_install::Notes;

use super::env::working_directory;
use crate::{
    error::{Error, ErrorKind},
    sys,
};

/// The path from which the running executable was started: absolute, and with its symbolic links.
///
/// It is never taken from `argv[0]`. Links are kept, so that a restart after a link was pointed elsewhere runs
/// the new executable. Where another file has taken the place of the executable since it was started, it is the
/// path of that file. Where the path that the kernel passed to the process leads to neither (it was started
/// through a descriptor, for example), the resolved path is used. Where there is no /proc, the path that the
/// kernel passed is used if a file is there.
///
/// # Errors
///
/// The path cannot be determined.
pub fn launch_path() -> Result<PathBuf, Error> {
    match TOLD.get() {
        Some(path) => Ok(path.clone()),
        None => find(),
    }
}

/// The [`launch_path`], if it can be started again. A file without a selfup note is not this program, but what it
/// was started through (`ld-linux-x86-64.so.2 ./app`); a file that cannot be read counts as this program.
///
/// # Errors
///
/// The path cannot be determined, or does not lead to a selfup program.
pub fn own_executable() -> Result<PathBuf, Error> {
    let path = launch_path()?;
    let notes = fs::File::open(&path).and_then(|file| Notes::of_file(&file));
    if notes.is_ok_and(|notes| !notes.is_selfup()) {
        let what = format!(
            "could not start {} as a child: it carries no selfup note, so it may be a loader; start the \
             program by its own path, or name it with exec_file",
            path.display()
        );
        return Err(Error::new(ErrorKind::Executable, what));
    }
    Ok(path)
}

/// The notes of an executable: of `file`, or of the one that runs. Empty if it cannot be read.
#[must_use]
pub fn notes_of(file: Option<&Path>) -> Notes {
    let file = match file {
        Some(file) => fs::File::open(file),
        // Where there is no /proc, the file at the path is most likely the one that runs.
        None => fs::File::open("/proc/self/exe")
            .or_else(|error| launch_path().map_or(Err(error), fs::File::open)),
    };
    file.and_then(|file| Notes::of_file(&file)).unwrap_or_default()
}

/// The path that the master has stated for this child.
static TOLD: OnceLock<PathBuf> = OnceLock::new();

/// Sets the path that the master has stated. In a child, it is the launch path.
pub fn was_started_from(path: &Path) {
    // A process becomes a child once.
    let _first_stays = TOLD.set(path.to_owned());
}

fn find() -> Result<PathBuf, Error> {
    let given = sys::launch::path_given_to_exec().and_then(|path| as_it_was_named(&path));
    match (env::current_exe(), given) {
        (Ok(running), Some(given))
            if is_the_running_one(&given).unwrap_or(false)
                || was_replaced(&running, &given).unwrap_or(false) =>
        {
            Ok(given)
        }
        (Ok(running), _) => Ok(running),
        // Without /proc nothing can be compared.
        (Err(_), Some(given)) if given.is_file() => Ok(given),
        (Err(error), _) => {
            let what = "could not determine the path of the running executable";
            Err(Error::new(ErrorKind::Executable, what).because(error))
        }
    }
}

/// An absolute path, below the working directory as the shell names it, if that is where this process is: inside
/// of `current`, a link to the present release, `./app` is `current/app`.
fn as_it_was_named(path: &Path) -> Option<PathBuf> {
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let named = working_directory().filter(|named| is_the_same_folder(named));
    match named {
        Some(named) => std::path::absolute(named.join(path)).ok(),
        None => std::path::absolute(path).ok(),
    }
}

fn is_the_same_folder(named: &Path) -> bool {
    let same = || -> io::Result<bool> {
        let (named, here) = (fs::metadata(named)?, fs::metadata(".")?);
        Ok((named.dev(), named.ino()) == (here.dev(), here.ino()))
    };
    named.is_absolute() && same().unwrap_or(false)
}

/// Whether another file is where the running one was when it was started: another service that shares it may
/// have upgraded it just now. The kernel marks the path of a file that is gone; see
/// [proc_pid_exe(5)](https://man7.org/linux/man-pages/man5/proc_pid_exe.5.html).
fn was_replaced(running: &Path, given: &Path) -> io::Result<bool> {
    let before = running.as_os_str().as_bytes().strip_suffix(b" (deleted)");
    Ok(before == Some(fs::canonicalize(given)?.as_os_str().as_bytes()))
}

fn is_the_running_one(path: &Path) -> io::Result<bool> {
    let (there, running) = (fs::metadata(path)?, fs::metadata("/proc/self/exe")?);
    Ok((there.dev(), there.ino()) == (running.dev(), running.ino()))
}
