//! Runs the whole demo, as a user would.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, Terminal};

/// The first demo may have a hundred crates to build.
const BUILD: Duration = Duration::from_secs(600);

const SIGINT: i32 = 2;

#[test]
fn two_upgrades_lose_nothing() {
    let sandbox = Sandbox::new("demo");
    let demo = sandbox.start(command(&[]));
    let status = demo.wait(BUILD);
    let lines = demo.wait_all_lines(PATIENCE);
    assert_eq!(status.code(), Some(0), "{lines:#?}");

    let at = |version, says| position(&lines, version, says);
    let mut ids = BTreeSet::new();
    for version in 1..=3 {
        let (listens, exits) = (at(version, "listening..."), at(version, "exiting..."));
        assert!(listens < exits);
        let hello = |line: &&String| says_it(line, version, "says hello");
        let hellos = lines[listens..exits].iter().filter(hello).count();
        assert!(hellos >= 2, "app#{version} says hello {hellos} times: {lines:#?}");
        let id = lines[listens].split(['(', ')']).nth(1).unwrap();
        assert!(id.len() == 40 && ids.insert(id.to_owned()), "{id} {lines:#?}");
    }
    for old in [1, 2] {
        let (successor, exits) = (at(old + 1, "listening..."), at(old, "exiting..."));
        let slow = |line: &String| {
            line.rsplit_once("  (slow: ").is_some_and(|(line, _)| says_it(line, old, "says hello"))
        };
        assert!(lines[successor..exits].iter().any(slow), "app#{old}: {lines:#?}");
    }
    let summary = lines.last().unwrap();
    assert!(summary.starts_with("requests sent "), "{summary}");
    assert!(summary.contains(", lost 0, upgrades 2, longest response "), "{summary}");
    finish(sandbox, &demo);
}

#[test]
fn an_app_that_ends_with_requests_under_way_is_found_out() {
    let sandbox = Sandbox::new("broken-demo");
    let demo = sandbox.start(command(&["--broken"]));
    let status = demo.wait(BUILD);
    let lines = demo.wait_all_lines(PATIENCE);
    assert_eq!(status.code(), Some(1), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("lost: a slow request: ")), "{lines:#?}");
    let summary = lines.iter().find(|line| line.starts_with("requests sent ")).expect("a summary");
    assert!(!summary.contains("lost 0"), "{summary}");
    finish(sandbox, &demo);
}

#[test]
fn ctrl_c_ends_all_of_it() {
    let sandbox = Sandbox::new("interrupted-demo");
    let (demo, terminal) = sandbox.start_on_terminal(command(&[]));
    demo.wait_line("publishing app#2", BUILD);
    terminal.press(Terminal::CTRL_C);
    assert_eq!(demo.wait(PATIENCE).signal(), Some(SIGINT), "{:#?}", demo.lines());
    finish(sandbox, &demo);
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_selfup-demo"));
    command.args(arguments);
    command
}

/// Where the app says this.
#[track_caller]
fn position(lines: &[String], version: u32, says: &str) -> usize {
    let place = lines.iter().position(|line| says_it(line, version, says));
    place.unwrap_or_else(|| panic!("app#{version} {says}: {lines:#?}"))
}

fn says_it(line: &str, version: u32, says: &str) -> bool {
    let rest = line.strip_prefix(&format!("app#{version} ("));
    rest.is_some_and(|rest| rest.ends_with(&format!(") {says}")))
}

/// Neither a process nor the demo's folder is left.
fn finish(sandbox: Sandbox, demo: &Process) {
    let target = Path::new(env!("CARGO_BIN_EXE_selfup-demo")).ancestors().nth(2).unwrap();
    let own = format!("demo-{}-", demo.pid());
    let entries = target.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = entries.filter(|name| name.to_string_lossy().starts_with(&own)).collect();
    assert!(left.is_empty(), "{left:?} in {}", target.display());
    sandbox.finish();
}
