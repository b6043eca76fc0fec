//! Builds the app once for each version.

use super::VERSIONS;
use super::event::{Event, Events};
use super::process::Process;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use xtask_support::build;
use xtask_support::command::{Failure, Result};
use xtask_support::duration::seconds;
use xtask_support::progress::Progress;
use xtask_support::stop::Stop;

const PACKAGE: &str = "selfup-demo-app";

/// Where a version's executable is.
pub(super) fn path(folder: &Path, version: u32) -> PathBuf {
    folder.join(format!("app-{version}"))
}

/// Builds all versions in cargo's target folder, and copies them to this one.
pub(super) fn versions(folder: &Path, target: &Path, events: &Events) -> Result<(), Stop> {
    let mut progress = Progress::new();
    progress.keep(&format!("building {VERSIONS} versions of the app"));
    let _alone = lock(target, &mut progress, events)?;
    for version in 1..=VERSIONS {
        let start = Instant::now();
        let executable = build(version, &mut progress, events)?;
        let size = fs::copy(&executable, path(folder, version)).map_err(|error| {
            Failure::new(format!("{} cannot be copied: {error}", executable.display()))
        })?;
        let (size, took) = (megabytes(size), seconds(start.elapsed()));
        progress.keep(&format!("  app#{version}  {size:>8}  in {took}"));
    }
    Ok(())
}

/// Two demos that build at once would take each other's executables.
fn lock(target: &Path, progress: &mut Progress, events: &Events) -> Result<File, Stop> {
    let path = target.join("demo.lock");
    let failed =
        |error| Failure::new(format!("the lock file {} does not work: {error}", path.display()));
    let file = File::create(&path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error).into()),
            Err(TryLockError::WouldBlock) => {
                progress.show("another demo is building");
                events.next()?;
            }
        }
    }
}

/// The executable that cargo made.
fn build(version: u32, progress: &mut Progress, events: &Events) -> Result<PathBuf, Stop> {
    let mut cargo = Process::start(command(version), events.sender())?;
    let (mut executable, mut complaints, mut doing) = (None, Vec::new(), String::new());
    loop {
        progress.show(format!("app#{version}  {doing}").trim_end());
        match events.next()? {
            Some(Event::Out(message)) => {
                executable = executable.or(build::executable(&message, PACKAGE))
            }
            Some(Event::Err(line)) => {
                doing = gist(&line).unwrap_or(doing);
                complaints.push(line);
            }
            Some(Event::Ended) => break,
            _ => {}
        }
    }
    match (cargo.wait()?, executable) {
        (end, Some(executable)) if end.success() => Ok(executable),
        (end, _) => {
            let complaints = complaints.join("\n");
            Err(Failure::new(format!("app#{version} was not built: cargo {end}\n{complaints}"))
                .into())
        }
    }
}

fn command(version: u32) -> Command {
    let mut command = build::command(PACKAGE, false);
    command.arg("--message-format=json-render-diagnostics").env("BUILD_ID", version.to_string());
    command
}

/// What cargo does just now, if the line says so: `Compiling ring`.
fn gist(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [verb @ ("Compiling" | "Downloaded" | "Downloading"), what, ..] => {
            Some(format!("{verb} {what}"))
        }
        ["Blocking" | "Updating" | "Locking", ..] => Some(words.join(" ")),
        _ => None,
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_lines_are_cut_to_what_matters() {
        assert_eq!(gist("   Compiling ring v0.17.14").as_deref(), Some("Compiling ring"));
        let waits = "Blocking waiting for file lock on build directory";
        assert_eq!(gist(&format!("    {waits}")).as_deref(), Some(waits));
        assert_eq!(gist("    Finished `dev` profile"), None);
        assert_eq!(gist("warning: unused variable"), None);
        assert_eq!(megabytes(7_852_296), "7.9 MB");
    }
}
