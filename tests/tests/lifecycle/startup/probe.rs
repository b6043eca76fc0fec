//! Tests that a program that is probed prints the token and does nothing else.

use super::deployed;
use selfup_tests::sandbox::PATIENCE;
use std::process::Command;

/// Probes as the installer does, with a token of this test.
fn probe(program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("SELFUP_BIN_CHECK", "the token");
    command
}

#[test]
fn a_probe_prints_the_token_and_runs_nothing_else_of_the_program() {
    let (deployment, _) = deployed("token");
    for notes in ["version=1", "version=1 banner", "version=1 removes_itself sanity_check"] {
        deployment.install(&deployment.release(notes));
        let process = deployment.sandbox().start(probe(&deployment.program()));
        assert!(process.wait(PATIENCE).success());
        assert_eq!(process.wait_all_lines(PATIENCE), ["the token"], "{notes}");
        assert!(deployment.program().exists());
    }
    deployment.finish();
}

#[test]
fn without_a_probe_no_token_is_printed() {
    let (deployment, _) = deployed("no-token");
    deployment.install(&deployment.release("version=1 sanity_check banner"));
    let service = deployment.start([""; 0]);
    let lines = service.process().lines();
    assert_eq!(lines[0], "welcome");
    assert!(lines.iter().all(|line| !line.contains("token")), "{lines:?}");
    service.terminate();
    deployment.finish();
}
