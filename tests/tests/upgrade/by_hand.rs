//! Tests an upgrade by hand: `cp new app.new; mv app.new app; kill -USR2`.

use super::{PREVIOUS, RECORD, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::release::sha1;
use selfup_tests::sandbox::PATIENCE;
use std::fs;

#[test]
fn a_good_one_is_kept_and_the_one_before_it_too() {
    let (deployment, first) = deployed("by-hand-good");
    let second = deployment.release("version=2");
    let service = deployment.start(["events", "probation=200"]);
    deployment.install(&second);
    service.restart();
    service.wait_version(2);
    service.process().wait_line(&format!("event Committed: committed {}", second.id()), PATIENCE);
    deployment.wait_listing(&[PREVIOUS, "app"]);
    assert_eq!(sha1(&deployment.sandbox().join("bin").join(PREVIOUS)), first.id());
    service.ask("rollback");
    service.process().wait_line("event RolledBack", PATIENCE);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    service.terminate();
    deployment.finish();
}

/// Without a fetcher: this is about what people put there.
fn is_rolled_back(name: &str, fault: &str) {
    let (deployment, first) = deployed(name);
    let bad = deployment.release(&format!("version=2 {fault}"));
    let service = deployment.start(["events", "probation=600000", "ready_timeout=1500"]);
    let visitors = service.visitors();
    deployment.install(&bad);
    service.restart();
    service.wait_warning(&["rolled back to the previous executable", bad.id()]);
    service.is_version(1);
    visitors.leave();
    assert_eq!(deployment.installed(), first.id());
    deployment.wait_listing(&[RECORD, "app"]);
    // The refused release is not installed again.
    service.restart();
    service.process().wait_line("v1 listens on", PATIENCE);
    service.wait_version(1);
    service.terminate();
    let service = deployment.start([""; 0]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

#[test]
fn one_that_crashes_at_its_start_is_taken_away() {
    is_rolled_back("by-hand-crashes", "crashes_at_start");
}

#[test]
fn one_that_ends_before_run_is_taken_away() {
    is_rolled_back("by-hand-before-run", "exits_in_main=3");
}

#[test]
fn one_that_is_never_ready_is_taken_away() {
    is_rolled_back("by-hand-never-ready", "never_ready");
}

#[test]
fn one_that_crashes_in_its_probation_is_taken_away() {
    let (deployment, first) = deployed("by-hand-probation");
    let bad = deployment.release("version=2 crashes_on_sight");
    let service = deployment.start(["events", "probation=600000"]);
    deployment.install(&bad);
    service.restart();
    service.wait_version(2);
    assert_eq!(deployment.installed(), bad.id(), "it was put there by hand, and stays till then");
    fs::write(deployment.sandbox().join("crash"), "").unwrap();
    service.wait_warning(&["rolled back to the previous executable", bad.id()]);
    fs::remove_file(deployment.sandbox().join("crash")).unwrap();
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    service.terminate();
    deployment.finish();
}

#[test]
fn while_no_child_serves_the_executable_at_the_path_is_started() {
    let (deployment, _) = deployed("by-hand-down");
    let second = deployment.release("version=2");
    let service = deployment.start(["probation=600000"]);
    deployment.install(&second);
    service.terminate();
    let service = deployment.start(["probation=600000"]);
    service.is_version(2);
    service.restart();
    service.process().wait_line("v2 finishes", PATIENCE);
    service.is_version(2);
    deployment.wait_listing(&["app"]);
    service.terminate();
    deployment.finish();
}

/// The file that is fetched is beside the path, the path is as it was.
#[test]
fn what_is_on_trial_can_be_rolled_back_by_hand() {
    let (deployment, first) = deployed("by-hand-trial");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin), "events".into(), "probation=600000".into()]);
    service.wait_version(2);
    service.ask("rollback");
    service.process().wait_line(&format!("rolls back: Ok(\"{}\")", first.id()), PATIENCE);
    service.wait_warning(&["rolled back to the previous executable", second.id(), "by hand"]);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    deployment.wait_listing(&[RECORD, "app"]);
    // Once allowed again, it is installed, although nothing else is offered than before.
    service.ask("forgive");
    service.wait_version(2);
    service.ask("rollback");
    service.wait_version(1);
    deployment.wait_listing(&[RECORD, "app"]);
    // Offered anew, the release is not installed.
    publish(&origin, &second);
    service.wait_warning(&[second.id(), "was refused before: rolled back by hand"]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}
