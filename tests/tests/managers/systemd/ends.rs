//! Tests what systemd reports when the program ends, by itself or by a stop.

use super::app::{App, UNIT, send, wait_version};
use nix::sys::signal::Signal;
use selfup_tests::load::{Config, Lane, Load, Report, Running};
use selfup_tests::sandbox::{PATIENCE, children_of, fds_of, wait_until};
use selfup_tests::systemd;
use std::net::SocketAddr;

/// Requests that take a while, all of them accepted.
fn slow_requests(app: &App, server: SocketAddr) -> Running {
    let slow = Lane::new("slow").path("/slow?ms=2500").rate(1000.0).limit(5);
    let load = Load::start(Config::new(server).timeout(PATIENCE).lane(slow));
    wait_until("five connections accepted", PATIENCE, || {
        let child = children_of(app.master())[0];
        let fds = fds_of(child);
        let sockets = fds.iter().filter(|(_, path)| path.to_string_lossy().starts_with("socket:"));
        sockets.count() >= 7 // and the listener, and the control channel
    });
    load
}

fn stopped_with_slow_requests(name: &str, settings: &str) -> Report {
    let app = App::axum(name, settings);
    let server = app.start();
    let load = slow_requests(&app, server);
    app.systemd.systemctl(&["stop", UNIT]);
    app.wait_for("MainPID", "0");
    app.finish();
    load.finish()
}

#[test]
fn a_stop_waits_for_the_requests_that_are_open() {
    if !systemd::available() {
        return;
    }
    let report = stopped_with_slow_requests("systemd-stop", "");
    assert_eq!((report.answered(), report.lost()), (5, 0), "{report}");
}

#[test]
fn a_stop_may_take_longer_than_the_unit_allows_if_the_master_extends_the_timeout() {
    if !systemd::available() {
        return;
    }
    let report = stopped_with_slow_requests("systemd-long-stop", "TimeoutStopSec=1");
    assert_eq!((report.answered(), report.lost()), (5, 0), "{report}");
}

/// What the test above would see without a request.
#[test]
fn without_notify_access_the_master_is_killed_at_the_timeout() {
    if !systemd::available() {
        return;
    }
    let settings = "Type=exec\nNotifyAccess=none\nFileDescriptorStoreMax=0\nTimeoutStopSec=1";
    let report = stopped_with_slow_requests("systemd-unheard-stop", settings);
    assert_eq!((report.answered(), report.lost()), (0, 5), "{report}");
}

/// SIGTERM goes to the child itself as well, whose server drains on it. A program that dies of it is
/// why the page says `KillMode=mixed`.
#[test]
fn a_signal_to_the_whole_control_group_cuts_no_request_off() {
    if !systemd::available() {
        return;
    }
    let settings = "KillMode=control-group";
    let report = stopped_with_slow_requests("systemd-control-group", settings);
    assert_eq!((report.answered(), report.lost()), (5, 0), "{report}");
}

#[test]
fn the_end_of_the_program_is_the_one_that_systemd_sees() {
    if !systemd::available() {
        return;
    }
    let app = App::upgradable("systemd-ends", &[], "Restart=no");
    for (notes, result, status) in [
        ("exits_at_once=7", "exit-code", "7"),
        ("crashes_at_start", "signal", "6"),
        // It has not said that it is ready.
        ("exits_at_once=0", "protocol", "0"),
    ] {
        app.deployment.install(&app.deployment.release(&format!("version=2 {notes}")));
        app.systemd.try_systemctl(&["start", UNIT]);
        app.systemd.wait_where(UNIT, "ActiveState", "over", |state| {
            matches!(state, "inactive" | "failed")
        });
        assert_eq!(
            (&*app.show("Result"), &*app.show("ExecMainStatus")),
            (result, status),
            "{notes}"
        );
    }
    app.finish();
}

#[test]
fn after_a_crash_systemd_starts_the_service_anew() {
    if !systemd::available() {
        return;
    }
    let app = App::upgradable("systemd-crash", &[], "");
    app.start();
    let master = app.master();
    send(children_of(master)[0], Signal::SIGABRT);
    app.wait_for("NRestarts", "1");
    app.wait_for("ActiveState", "active");
    assert_ne!(app.master(), master);
    wait_version(app.wait_listening(), 1);
    app.finish();
}
