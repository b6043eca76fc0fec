//! Tests releases that pass the probe, and fail when they run.

use super::{RECORD, TRIAL, deployed, http, publish, replaced};
use selfup_tests::origin::Origin;
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::{Deployment, Service};
use std::fs;
use std::os::unix::process::ExitStatusExt;

/// Waits until the server was asked some more times.
fn wait_polls(origin: &Origin) {
    let before = origin.requests().len();
    wait_until("some polls", PATIENCE, || origin.requests().len() > before + 5);
}

#[track_caller]
fn is_back(deployment: &Deployment, service: &Service, first: &Release) {
    service.is_version(1);
    assert_eq!(service.ask_for("id"), first.id());
    assert_eq!(deployment.installed(), first.id(), "the previous one is back");
    deployment.wait_listing(&[RECORD, "app"]);
}

/// The old child goes on serving, and the release is not tried again.
fn fails_to_start(name: &str, fault: &str, why: &str) {
    let (deployment, first) = deployed(name);
    let bad = deployment.release(&format!("version=2 {fault}"));
    let good = deployment.release("version=3");
    let origin = Origin::start();
    publish(&origin, &bad);
    let service = deployment.start([http(&origin), "ready_timeout=1500".into()]);
    let visitors = service.visitors();
    service.wait_warning(&[why, "; the one that serves goes on serving"]);
    service.wait_warning(&["rolled back to the previous executable", bad.id(), "is refused"]);
    is_back(&deployment, &service, &first);
    assert_eq!(service.ask_for("generation"), "1", "the old child never noticed");

    // The server goes on offering it, under the same tag and under another one.
    wait_polls(&origin);
    publish(&origin, &bad);
    wait_polls(&origin);
    is_back(&deployment, &service, &first);
    let attempts = || {
        let lines = service.process().lines();
        lines.iter().filter(|line| line.starts_with("v2 starts")).count()
    };
    assert_eq!(attempts(), 1, "it was tried once");

    publish(&origin, &good);
    service.wait_version(3);
    visitors.leave();
    assert_eq!(attempts(), 1);
    assert_eq!(deployment.on_trial(), [good.id()]);
    deployment.wait_listing(&[RECORD, TRIAL, "app"]);
    let warnings = service.warnings().join("\n");
    assert_eq!(
        warnings.contains("killed child #2: it was not ready within"),
        fault == "never_ready"
    );
    println!("{warnings}");
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_that_crashes_at_its_start() {
    fails_to_start("crashes-at-start", "crashes_at_start", "child #2 was killed by SIGABRT");
}

#[test]
fn a_release_that_exits_at_once_as_if_all_were_well() {
    fails_to_start("exits-at-once", "exits_at_once=0", "child #2 exited with code 0 before it");
}

#[test]
fn a_release_that_exits_at_once_with_a_code() {
    fails_to_start("exits-with-code", "exits_at_once=7", "child #2 exited with code 7 before it");
}

#[test]
fn a_release_that_is_never_ready() {
    fails_to_start("never-ready", "never_ready", "could not hand over to child #2");
}

#[test]
fn a_release_that_crashes_within_its_probation() {
    let (deployment, first) = deployed("probation");
    let bad = deployment.release("version=2 crashes_on_sight");
    let good = deployment.release("version=3");
    let origin = Origin::start();
    publish(&origin, &bad);
    let service = deployment.start([http(&origin), "probation=600000".into()]);
    service.wait_version(2);
    assert_eq!(
        (deployment.installed(), deployment.on_trial()),
        (first.id().into(), vec![bad.id().to_owned()])
    );

    fs::write(deployment.sandbox().join("crash"), "").unwrap();
    service.wait_warning(&["child #2", "SIGABRT", "soon after the upgrade"]);
    service.wait_warning(&["rolled back to the previous executable", bad.id(), "is refused"]);
    fs::remove_file(deployment.sandbox().join("crash")).unwrap();
    service.wait_version(1);
    is_back(&deployment, &service, &first);
    assert_eq!(service.ask_for("generation"), "3");
    assert_eq!(service.process().status(), None, "the master lives on");
    wait_polls(&origin);
    is_back(&deployment, &service, &first);

    publish(&origin, &good);
    service.wait_version(3);
    println!("{}", service.warnings().join("\n"));
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_that_crashes_after_its_probation_ends_the_service_like_itself() {
    let (deployment, _) = deployed("after-probation");
    let bad = deployment.release("version=2 crashes_on_sight");
    let origin = Origin::start();
    publish(&origin, &bad);
    let service = deployment.start([http(&origin), "probation=0".into(), "events".into()]);
    service.process().wait_line("event Committed", PATIENCE);
    service.wait_version(2);
    fs::write(deployment.sandbox().join("crash"), "").unwrap();
    deployment.sandbox().expect_files(["crash"]);
    let end = service.process().wait(PATIENCE);
    assert_eq!(end.signal(), Some(libc::SIGABRT), "{end}");
    assert_eq!(deployment.installed(), bad.id(), "it was kept");
    deployment.finish();
}

/// Without a restart of the master, and with the source as it was.
#[test]
fn what_was_rolled_back_by_hand_comes_again_once_it_is_forgiven() {
    let (deployment, _) = deployed("forgiven");
    let origin = Origin::start();
    let (service, second) = replaced(&deployment, &origin);
    service.ask("rollback");
    service.wait_version(1);
    wait_polls(&origin);
    service.is_version(1);
    service.ask("forgive");
    service.wait_version(2);
    assert_eq!(service.ask_for("id"), second.id());
    service.terminate();
    deployment.finish();
}
