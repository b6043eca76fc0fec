//! Tests what systemd reports when the program ends, by itself or by a stop.

use super::app::{App, UNIT, send, wait_version};
use nix::sys::signal::Signal;
use selfup_tests::open_requests::OpenRequests;
use selfup_tests::sandbox::{PATIENCE, children_of, wait_until};
use selfup_tests::systemd;
use std::io;
use std::time::{Duration, Instant};

/// Stops the service in the middle of five requests, and finishes them when it has drained for this
/// long, or else when it is gone.
fn stopped_with_open_requests(
    name: &str,
    settings: &str,
    after: Option<Duration>,
) -> (usize, Vec<io::Error>) {
    let app = App::axum(name, settings);
    let requests = OpenRequests::start(app.start(), 5);
    app.systemd.systemctl(&["stop", "--no-block", UNIT]);
    match after {
        Some(time) => {
            requests.wait_for_the_drain();
            let asked = Instant::now();
            wait_until("the time to be over", PATIENCE, || asked.elapsed() > time);
        }
        None => app.wait_for("MainPID", "0"),
    }
    let ends = requests.finish();
    app.wait_for("MainPID", "0");
    app.finish();
    ends
}

#[test]
fn a_stop_waits_for_the_requests_that_are_open() {
    if !systemd::available() {
        return;
    }
    let (responses, errors) = stopped_with_open_requests("systemd-stop", "", Some(Duration::ZERO));
    assert_eq!(responses, 5, "{errors:?}");
}

#[test]
fn a_stop_may_take_longer_than_the_unit_allows_if_the_master_extends_the_timeout() {
    if !systemd::available() {
        return;
    }
    let longer = Some(Duration::from_millis(1500));
    let (responses, errors) =
        stopped_with_open_requests("systemd-long-stop", "TimeoutStopSec=1", longer);
    assert_eq!(responses, 5, "{errors:?}");
}

/// What the test above would see without a request.
#[test]
fn without_notify_access_the_master_is_killed_at_the_timeout() {
    if !systemd::available() {
        return;
    }
    let settings = "Type=exec\nNotifyAccess=none\nFileDescriptorStoreMax=0\nTimeoutStopSec=1";
    let (responses, errors) = stopped_with_open_requests("systemd-unheard-stop", settings, None);
    assert_eq!((responses, errors.len()), (0, 5), "{errors:?}");
}

/// SIGTERM goes to the child itself as well, whose server drains on it. A program that dies of it is
/// why the page says `KillMode=mixed`.
#[test]
fn a_signal_to_the_whole_control_group_cuts_no_request_off() {
    if !systemd::available() {
        return;
    }
    let settings = "KillMode=control-group";
    let (responses, errors) =
        stopped_with_open_requests("systemd-control-group", settings, Some(Duration::ZERO));
    assert_eq!(responses, 5, "{errors:?}");
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
