//! Tests upgrades, good and bad, of a service that systemd takes for one process.

use super::app::{App, UNIT, ask_for, wait_version};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::put;
use selfup_tests::systemd;
use selfup_tests::visitor::{Held, Visitors};

/// Longer than any test.
const PROBATION: &str = "probation=600000";

/// The service fetches what is published.
fn fetching(name: &str, probation: &str) -> App {
    let file = "file=releases/app";
    App::upgradable(name, &[file, probation], "")
}

fn publish(app: &App, release: &Release) {
    put(release.path(), &app.deployment.sandbox().join("releases/app"), 0o755);
}

#[test]
fn upgrades_under_load_lose_nothing_and_keep_the_main_process() {
    if !systemd::available() {
        return;
    }
    let app = fetching("systemd-upgrade", "probation=100");
    let address = app.start();
    let master = app.master();
    let visitors = Visitors::come(address);
    for version in 2..=3 {
        let held = Held::start(address);
        app.systemd.wait_output(UNIT, &format!("v{} holds a request", version - 1));
        let release = app.deployment.release(&format!("version={version}"));
        publish(&app, &release);
        wait_version(address, version);
        assert_eq!(ask_for(address, "id"), release.id());
        let response = held.finish();
        assert!(response.starts_with(&format!("v{} ", version - 1)), "by the old one: {response}");
        app.systemd.wait_where(UNIT, "StatusText", "the new one", |text| {
            text.contains(&format!("upgraded to {}", &release.id()[..8]))
        });
    }
    visitors.leave();
    assert_eq!((app.master(), app.show("NRestarts")), (master, "0".to_owned()));
    app.finish();
}

#[test]
fn a_bad_upgrade_leaves_the_unit_active() {
    if !systemd::available() {
        return;
    }
    let app = fetching("systemd-bad-upgrade", PROBATION);
    let first = app.deployment.installed();
    let address = app.start();
    let master = app.master();
    let visitors = Visitors::come(address);
    let bad = app.deployment.release("version=2 crashes_at_start");
    publish(&app, &bad);
    app.systemd.wait_output(UNIT, "rolled back to the previous executable");
    wait_version(address, 1);
    visitors.leave();
    assert_eq!(app.show("ActiveState"), "active");
    let status = app.show("StatusText");
    assert!(status.starts_with("child #1 serves"), "{status}");
    for words in ["rolled back to the previous executable", bad.id(), "SIGABRT"] {
        assert!(status.contains(words), "{words:?} in {status}");
    }
    assert_eq!((app.master(), app.show("NRestarts")), (master, "0".to_owned()));
    assert_eq!(app.deployment.installed(), first);
    app.finish();
}

#[test]
fn a_crash_loop_ends_with_the_previous_executable() {
    if !systemd::available() {
        return;
    }
    let app = fetching("systemd-crash-loop", PROBATION);
    let first = app.deployment.installed();
    let second = app.deployment.release("version=2");
    publish(&app, &second);
    wait_version(app.start(), 2);
    for restarts in 1..=4 {
        app.kill_master();
        app.wait_for("NRestarts", &restarts.to_string());
        app.wait_for("ActiveState", "active");
        let version = if restarts == 4 { 1 } else { 2 };
        wait_until("the service to be back", PATIENCE, || app.responds_as(version));
    }
    assert_eq!(app.deployment.installed(), first, "after three starts that failed");
    app.systemd.wait_output(UNIT, "was refused before: it was started 3 times");
    app.finish();
}
