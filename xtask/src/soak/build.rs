//! Building the service.

use super::stop::{Result, Stop};
use crate::command::{cargo, stdout_of};
use serde_json::Value;
use std::path::PathBuf;

const PACKAGE: &str = "selfup-soak-app";

/// Builds it; where its executable is.
pub(super) fn service(release: bool) -> Result<PathBuf> {
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
