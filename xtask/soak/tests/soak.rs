//! Tests that soak finds what it must find, and leaves nothing behind when it is ended.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox};

/// The service may have to be built first.
const BUILD: Duration = Duration::from_secs(600);

const SIGINT: i32 = 2;

#[test]
fn a_service_that_leaves_files_is_found_out() {
    if !is_possible() {
        return;
    }
    let sandbox = Sandbox::new("broken-soak");
    let soak = start(&sandbox, "--minutes 0.03 --seed 1 --only restart --broken file");
    let status = soak.wait(BUILD);
    let lines = soak.wait_all_lines(PATIENCE);
    assert_eq!(status.code(), Some(1), "{lines:#?}");
    let complaint =
        lines.iter().any(|line| line.contains("left beside the executable: [\".app.tmp-"));
    assert!(complaint, "{lines:#?}");
    let again = "cargo xtask soak --minutes 0.03 --seed 1 --only restart --broken file";
    assert!(lines.iter().any(|line| line.ends_with(again)), "{lines:#?}");
    // The log stays for inspection, and nothing runs.
    let kept = folders(&soak);
    assert_eq!(kept.len(), 1, "{kept:?}");
    fs::remove_dir_all(&kept[0]).unwrap();
    sandbox.finish();
}

#[test]
fn ended_by_a_signal_it_ends_all_of_it() {
    if !is_possible() {
        return;
    }
    let sandbox = Sandbox::new("interrupted-soak");
    let soak = start(&sandbox, "--minutes 9 --seed 1 --only restart");
    // Its folder is made when the service is built.
    soak.wait_until("some steps", BUILD, || {
        folders(&soak).iter().any(|folder| {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            log.contains("step 3: ")
        })
    });
    soak.signal(SIGINT);
    assert_eq!(soak.wait(PATIENCE).signal(), Some(SIGINT), "{:#?}", soak.lines());
    assert!(folders(&soak).is_empty());
    sandbox.finish();
}

fn is_possible() -> bool {
    need::root() && need::program("faketime")
}

fn start(sandbox: &Sandbox, arguments: &str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_selfup-soak"));
    command.args(arguments.split(' '));
    sandbox.start(command)
}

/// Its folders beside what cargo builds.
fn folders(soak: &Process) -> Vec<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_selfup-soak")).ancestors().nth(2).unwrap();
    let own = format!("soak-{}-", soak.pid());
    let entries = target.read_dir().unwrap().map(|entry| entry.unwrap());
    let own = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&own));
    own.map(|entry| entry.path()).collect()
}
