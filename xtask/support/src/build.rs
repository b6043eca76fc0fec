//! Builds a program that a task is about to run.

use crate::command::cargo;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The command that builds it, and reports what it has built as JSON.
///
/// In the profile of this program itself unless it shall be the one for release, so that what both
/// depend on is built once; but without the debug information, of which copies would be made.
pub fn command(package: &str, release: bool) -> Command {
    let profile = if release || !cfg!(debug_assertions) { "release" } else { "dev" };
    let mut command = cargo(&["build", "--package", package, "--profile", profile]);
    command.args(["--config", &format!("profile.{profile}.package.{package}.strip=true")]);
    command
}

/// The package's executable, if that is what this message of cargo's is about.
pub fn executable(message: &str, package: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let ours = message["target"]["name"] == package;
    ours.then(|| message["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargo_s_messages() {
        let made = |message: &str| executable(message, "app");
        let message = |name: &str, executable: &str| {
            format!(r#"{{"target":{{"name":"{name}"}},"executable":{executable}}}"#)
        };
        assert_eq!(made(&message("app", r#""/t/app""#)), Some(PathBuf::from("/t/app")));
        assert_eq!(made(&message("app", "null")), None);
        assert_eq!(made(&message("other", r#""/t/other""#)), None);
        assert_eq!(made("no JSON"), None);
    }
}
