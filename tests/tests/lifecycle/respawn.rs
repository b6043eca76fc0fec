//! Tests of a program that is started again when it ends by itself.

use super::deployed;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::put;
use selfup_tests::visitor::ask;
use std::fs;
use std::os::unix::process::ExitStatusExt;

const LONG: &str = "respawn=60000";

#[test]
fn clients_wait_for_the_next_child_of_a_program_that_ends() {
    let (deployment, _) = deployed("respawn");
    let service = deployment.start([LONG]);
    for generation in 2..5 {
        // The connection is cut by the end.
        let _cut = ask(service.address(), "exit");
        service.wait_warning(&["exited with code 3; starting another in its place in 0."]);
        assert_eq!(service.ask_for("generation"), generation.to_string());
    }
    // An end that was asked for is one.
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}

#[test]
fn by_default_the_master_ends_as_the_program_did() {
    let (deployment, _) = deployed("no-respawn");
    let service = deployment.start(["debug"]);
    let _cut = ask(service.address(), "exit");
    assert_eq!(service.process().wait(PATIENCE).code(), Some(3));
    deployment.finish();
}

#[test]
fn a_program_that_keeps_dying_ends_the_master_after_the_limit() {
    let (deployment, _) = deployed("respawn-limit");
    deployment.sandbox().expect_files(["crash"]);
    deployment.install(&deployment.release("version=1 crashes_on_sight"));
    let service = deployment.start(["respawn=700"]);
    deployment.sandbox().write("crash", "");
    let status = service.process().wait(PATIENCE);
    assert_eq!(status.signal(), Some(libc::SIGABRT));
    let respawned =
        service.warnings().iter().filter(|line| line.contains("starting another")).count();
    // After 50, 100, 200 and 400 ms; fewer where the starts take long.
    assert!((1..=4).contains(&respawned), "{:?}", service.warnings());
    deployment.finish();
}

#[test]
fn a_release_that_keeps_dying_after_its_commit_gives_way_to_the_previous_one() {
    let (deployment, first) = deployed("respawn-fall-back");
    deployment.sandbox().expect_files(["crash", "published"]);
    let published = deployment.sandbox().join("published");
    let source = format!("file={}", published.display());
    let service = deployment.start([&source, "respawn=700", "probation=100"]);
    let bad = deployment.release("version=2 crashes_on_sight");
    put(bad.path(), &published, 0o755);
    service.wait_version(2);
    deployment.wait_installed(&bad);
    service.process().wait_line("committed", PATIENCE);

    deployment.sandbox().write("crash", "");
    service.process().wait_line("rolled back to the previous executable", PATIENCE);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    // It is published still, and not fetched again; a better one is.
    fs::remove_file(deployment.sandbox().join("crash")).unwrap();
    let good = deployment.release("version=3");
    put(good.path(), &published, 0o755);
    service.wait_version(3);
    deployment.wait_installed(&good);
    wait_until("the commit", PATIENCE, || {
        let commits = |line: &&String| line.starts_with("[selfup master] committed");
        service.messages().iter().filter(commits).count() == 2
    });
    service.terminate();
    deployment.finish();
}
