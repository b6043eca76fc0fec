//! Builds the service.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use xtask_support::build;
use xtask_support::command::{Failure, stdout_of};
use xtask_support::stop::{Result, Stop};

const PACKAGE: &str = "selfup-soak-app";

/// Builds the service, and returns the bytes of its executable.
pub(super) fn service(target: &Path, release: bool) -> Result<Vec<u8>> {
    let _alone = lock(target).map_err(|error| Failure::new(format!("the lock file: {error}")))?;
    let executable = build(release)?;
    let read = fs::read(&executable);
    Ok(read.map_err(|error| Failure::new(format!("{}: {error}", executable.display())))?)
}

/// Another soak could build at this moment, for another profile or of other code: cargo puts what it
/// has built in one place, where it must not change while it is read.
fn lock(target: &Path) -> io::Result<File> {
    let file = File::create(target.join("soak.lock"))?;
    file.lock()?;
    Ok(file)
}

fn build(release: bool) -> Result<PathBuf> {
    let mut build = build::command(PACKAGE, release);
    let messages = stdout_of(build.args(["--quiet", "--message-format=json"]))?;
    let executable = messages.lines().find_map(|message| build::executable(message, PACKAGE));
    executable.ok_or_else(|| Stop::because(format!("cargo has built no {PACKAGE}")))
}
