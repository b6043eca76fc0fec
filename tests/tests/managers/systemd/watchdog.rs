//! Tests `WatchdogSec=`: systemd notices a program that hangs, and starts it anew.

use super::app::{App, UNIT, ask_for, send};
use super::page;
use nix::sys::signal::Signal;
use selfup_tests::sandbox::children_of;
use selfup_tests::systemd;

/// The settings of the page, with shorter times.
fn settings() -> String {
    page::unit("app.service.d/watchdog.conf").to_owned() + "WatchdogSec=2\nTimeoutAbortSec=1\n"
}

/// The service is killed and comes back.
#[track_caller]
fn is_started_anew(app: &App) {
    app.systemd.wait_where(UNIT, "NRestarts", "some", |restarts| restarts != "0");
    app.wait_for("ActiveState", "active");
    let address = app.wait_listening();
    assert_eq!(ask_for(address, "generation"), "1");
}

#[test]
fn a_master_that_hangs_is_started_anew() {
    if !systemd::available() {
        return;
    }
    let app = App::upgradable("systemd-hung-master", &[], &settings());
    app.start();
    send(app.master(), Signal::SIGSTOP);
    is_started_anew(&app);
    app.finish();
}

#[test]
fn a_child_that_hangs_is_noticed_if_that_was_asked_for() {
    if !systemd::available() {
        return;
    }
    let app = App::upgradable("systemd-hung-child", &["watchdog=child"], &settings());
    app.start();
    send(children_of(app.master())[0], Signal::SIGSTOP);
    is_started_anew(&app);
    app.finish();
}

#[test]
fn a_program_that_stops_reporting_that_it_is_alive_is_noticed_if_configured() {
    if !systemd::available() {
        return;
    }
    let settings = settings() + "Restart=no\n";
    let app = App::upgradable("systemd-hung-program", &["watchdog=program"], &settings);
    let address = app.start();
    app.deployment.sandbox().write("hung", "");
    // It still responds, so that only the watchdog notices.
    assert_eq!(ask_for(address, "generation"), "1");
    app.wait_for("Result", "watchdog");
    app.wait_for("ActiveState", "failed");
    // The master passes on what systemd sends first, so that the core dump is that of the program.
    assert_eq!(app.show("ExecMainStatus"), libc::SIGABRT.to_string());
    app.finish();
}
