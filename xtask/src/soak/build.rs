//! Building the service.

use super::stop::{Result, Stop};
use crate::command::{Failure, cargo, stdout_of};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "selfup-soak-app";

/// Builds it; its executable, all of it.
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
    // As this program itself, so that what both depend on is built once; but without the debug
    // information, of which copies would be made.
    let profile = if release || !cfg!(debug_assertions) { "release" } else { "dev" };
    let mut build = cargo(&["build", "--quiet", "--package", PACKAGE, "--profile", profile]);
    build.args(["--config", &format!("profile.{profile}.package.{PACKAGE}.strip=true")]);
    let messages = stdout_of(build.arg("--message-format=json"))?;
    let executable = messages.lines().find_map(executable);
    executable.ok_or_else(|| Stop::because(format!("cargo has built no {PACKAGE}")))
}

/// The service's executable, if that is what cargo's message is about.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let ours = message["target"]["name"] == PACKAGE;
    ours.then(|| message["executable"].as_str().map(PathBuf::from))?
}
