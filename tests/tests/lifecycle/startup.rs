//! Tests the errors of a program that cannot start as configured, with real processes.

mod addresses;
mod executables;
mod fallback;
mod fetchers;
mod probe;
mod sockets;

use super::deployed;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::Deployment;
use std::process::Command;

/// The one line with which the program ends that is started with these arguments.
#[track_caller]
fn refusal(deployment: &Deployment, words: &[&str]) -> String {
    let mut command = Command::new(deployment.program());
    command.args(words);
    let process = deployment.sandbox().start(command);
    let end = process.wait(PATIENCE);
    let lines = process.wait_all_lines(PATIENCE);
    assert_eq!(end.code(), Some(1), "{end}: {lines:?}");
    assert_eq!(lines.len(), 1, "{lines:?}");
    println!("{}", lines[0]);
    assert!(lines[0].starts_with("[selfup] could not "), "{}", lines[0]);
    lines[0].clone()
}
