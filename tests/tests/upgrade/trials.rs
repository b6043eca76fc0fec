//! Tests an upgrade on trial whose master ends: the next master decides about it.

use std::{fs, os::unix::process::ExitStatusExt};

use selfup_tests::{
    release::Release,
    sandbox::{PATIENCE, children_of, wait_until},
    service::{Deployment, Service, put},
};

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// Longer than any test.
const PROBATION: &str = "probation=600000";

/// Version 1 is installed; what is published comes from a file.
fn deployed(name: &str) -> (Deployment, Release, String) {
    let deployment = Deployment::new(name, APP);
    deployment.sandbox().expect_files(["published", "crash"]);
    let first = deployment.release("version=1");
    deployment.install(&first);
    let source = format!("file={}", deployment.sandbox().join("published").display());
    (deployment, first, source)
}

fn publish(deployment: &Deployment, release: &Release) {
    put(release.path(), &deployment.sandbox().join("published"), 0o755);
}

/// The master dies at once, as of an out-of-memory killer; its child finishes and goes.
fn kill(service: &Service) {
    let children = children_of(service.process().pid());
    service.process().signal(libc::SIGKILL);
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGKILL));
    wait_until("the children to be gone", PATIENCE, || {
        children.iter().all(|child| !fs::exists(format!("/proc/{child}/exe")).unwrap())
    });
}

#[test]
fn a_master_that_is_killed_again_and_again_comes_back_with_the_previous_executable() {
    let (deployment, first, source) = deployed("crash-loop");
    let second = deployment.release("version=2");
    let service = deployment.start([source.as_str(), PROBATION]);
    publish(&deployment, &second);
    service.wait_version(2);
    kill(&service);
    for _ in 0..3 {
        let service = deployment.start([source.as_str(), PROBATION]);
        service.is_version(2);
        kill(&service);
    }
    let service = deployment.start([source.as_str(), PROBATION]);
    service.wait_warning(&["rolled back to the previous executable", second.id(), "3 times"]);
    service.is_version(1);
    let master = fs::read_link(format!("/proc/{}/exe", service.process().pid())).unwrap();
    assert_eq!(master, deployment.program(), "the master is the previous one as well");
    assert_eq!(deployment.installed(), first.id());

    // The release is still offered, and not installed.
    service.wait_warning(&[second.id(), "was refused before: it was started 3 times"]);
    service.is_version(1);
    // Another release is installed.
    let third = deployment.release("version=3");
    publish(&deployment, &third);
    service.wait_version(3);
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}

#[test]
fn the_next_master_goes_on_with_the_probation() {
    let (deployment, first, source) = deployed("resumed-trial");
    let second = deployment.release("version=2 crashes_on_sight");
    let service = deployment.start([source.as_str(), PROBATION]);
    publish(&deployment, &second);
    service.wait_version(2);
    kill(&service);

    let service = deployment.start([source.as_str(), PROBATION]);
    service.is_version(2);
    fs::write(deployment.sandbox().join("crash"), "").unwrap();
    service.wait_warning(&["rolled back to the previous executable", second.id(), "SIGABRT"]);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    assert_eq!(service.process().status(), None, "the master lives on");
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}

#[test]
fn a_first_child_that_cannot_start_makes_room_for_the_previous_executable() {
    let (deployment, first, source) = deployed("bad-first");
    let second = deployment.release("version=2 crashes_at_start");
    let service = deployment.start([source.as_str(), "restarts_on_request"]);
    publish(&deployment, &second);
    wait_until("the new one to be on trial", PATIENCE, || deployment.on_trial() == [second.id()]);
    assert_eq!(service.terminate().code(), Some(0));

    let service = deployment.start([source.as_str(), PROBATION]);
    service.wait_warning(&["rolled back to the previous executable", second.id(), "SIGABRT"]);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}

#[test]
fn a_start_that_was_ended_by_order_is_not_counted() {
    let (deployment, _, source) = deployed("ordered");
    let second = deployment.release("version=2");
    let service = deployment.start([source.as_str(), PROBATION]);
    publish(&deployment, &second);
    service.wait_version(2);
    assert_eq!(service.terminate().code(), Some(0));
    for _ in 0..5 {
        let service = deployment.start([source.as_str(), PROBATION]);
        service.is_version(2);
        assert_eq!(service.terminate().code(), Some(0));
    }
    // Once it is committed, no record is left.
    let service = deployment.start([source.as_str(), "probation=100"]);
    service.is_version(2);
    let record = deployment.sandbox().join("bin/.app.selfup-record");
    wait_until("the record to be gone", PATIENCE, || !record.exists());
    kill(&service);
    let service = deployment.start([source.as_str(), PROBATION]);
    service.is_version(2);
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}

#[test]
fn a_roll_back_by_call_restarts_with_the_previous_executable_and_refuses_the_other() {
    let (deployment, first, source) = deployed("by-call");
    let second = deployment.release("version=2");
    let service = deployment.start([source.as_str(), "probation=100"]);
    publish(&deployment, &second);
    service.wait_version(2);
    service.ask("rollback");
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    // Offered anew, the release is not installed.
    publish(&deployment, &second);
    service.wait_warning(&[second.id(), "was refused before"]);
    service.is_version(1);
    assert_eq!(service.terminate().code(), Some(0));
    deployment.finish();
}
