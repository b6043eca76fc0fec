//! Tests what the master reports to systemd by itself.

use super::app::{App, UNIT, ask_for};
use super::page;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::systemd;
use selfup_tests::visitor::ask;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A version that is ready when there is no file `loading` any more.
fn loading(name: &str, settings: &str) -> App {
    let app = App::upgradable(name, &["explicit"], settings);
    app.deployment.install(&app.deployment.release("version=1 loads"));
    app
}

/// More than the second that the unit gives it.
fn wait_for_the_unit_s_own_limit() {
    let asked = Instant::now();
    wait_until("the time to be over", PATIENCE, || asked.elapsed() > Duration::from_millis(1500));
}

/// A child that begins to drain may still accept a connection that comes at that moment.
fn wait_generation(address: SocketAddr, generation: usize) {
    wait_until("the next child to answer", PATIENCE, || {
        ask_for(address, "generation") == generation.to_string()
    });
}

#[test]
fn a_start_takes_until_the_first_child_is_ready() {
    if !systemd::available() {
        return;
    }
    let app = loading("systemd-start", "TimeoutStartSec=1");
    let file = app.deployment.sandbox().write("loading", "");
    app.systemd.systemctl(&["start", "--no-block", UNIT]);
    app.systemd.wait_output(UNIT, "v1 listens");
    app.wait_for("StatusText", "starting");
    wait_for_the_unit_s_own_limit();
    let (state, restarts) = (app.show("ActiveState"), app.show("NRestarts"));
    assert_eq!((&*state, &*restarts), ("activating", "0"), "the master has asked for patience");
    fs::remove_file(file).unwrap();
    app.wait_for("ActiveState", "active");
    let id = &app.deployment.installed()[..8];
    app.wait_for("StatusText", &format!("child #1 serves, id {id}"));
    app.finish();
}

#[test]
fn a_reload_takes_until_the_next_child_is_ready() {
    if !systemd::available() {
        return;
    }
    let app = loading("systemd-reloading", "TimeoutStartSec=1");
    let address = app.start();
    let file = app.deployment.sandbox().write("loading", "");
    app.systemd.systemctl(&["reload", "--no-block", UNIT]);
    app.wait_for("ActiveState", "reloading");
    app.systemd.wait_where(UNIT, "StatusText", "restarting", |text| {
        text.starts_with("restarting; child #1 serves")
    });
    wait_for_the_unit_s_own_limit();
    assert_eq!(app.show("ActiveState"), "reloading", "the master has asked for patience");
    assert_eq!(ask_for(address, "generation"), "1", "it serves meanwhile");
    fs::remove_file(file).unwrap();
    app.wait_for("ActiveState", "active");
    wait_generation(address, 2);
    app.finish();
}

#[test]
fn a_failed_reload_leaves_the_unit_active_and_reports_the_reason() {
    if !systemd::available() {
        return;
    }
    let app = loading("systemd-bad-reload", "");
    let address = app.start();
    app.deployment.install(&app.deployment.release("version=2 exits_at_once=3"));
    app.systemd.systemctl(&["reload", UNIT]);
    let status = app.systemd.wait_where(UNIT, "StatusText", "what went wrong", |text| {
        text.contains("rolled back to the previous executable")
            && text.contains("it exited with code 3 before it was ready")
    });
    assert!(status.starts_with("child #1 serves"), "{status}");
    app.wait_for("ActiveState", "active");
    assert!(ask(address, "hello").unwrap().starts_with("v1 "));
    app.finish();
}

#[test]
fn a_reload_by_notification_returns_when_the_next_child_serves() {
    let Some(settings) = page::reload_by_notification() else { return };
    let app = loading("systemd-notify-reload", settings);
    let address = app.start();
    for generation in 2..=4 {
        app.reload();
        let started = app.systemd.output(UNIT).matches("v1 listens").count();
        assert_eq!((&*app.show("ActiveState"), started), ("active", generation));
        wait_generation(address, generation);
    }
    let file = app.deployment.sandbox().write("loading", "");
    app.systemd.systemctl(&["reload", "--no-block", UNIT]);
    app.wait_for("ActiveState", "reloading");
    fs::remove_file(file).unwrap();
    app.wait_for("ActiveState", "active");
    app.finish();
}

#[test]
fn a_reload_by_notification_that_fails_is_over_at_once() {
    let Some(settings) = page::reload_by_notification() else { return };
    let app = loading("systemd-bad-notify-reload", settings);
    let address = app.start();
    app.deployment.install(&app.deployment.release("version=2 exits_at_once=3"));
    app.reload();
    assert_eq!(app.show("ActiveState"), "active");
    let status = app.show("StatusText");
    assert!(status.contains("child #2 exited with code 3 before it was ready"), "{status}");
    wait_until("the first child to serve", PATIENCE, || {
        ask(address, "hello").unwrap().starts_with("v1 ")
    });
    app.finish();
}
