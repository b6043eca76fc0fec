//! Tests the signals that `systemctl kill` sends.

use super::app::{App, UNIT};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::Deployment;
use selfup_tests::systemd;

const RECORDER: &str = env!("CARGO_BIN_EXE_recorder");

/// How often the program got a signal.
fn count(app: &App, signal: &str) -> usize {
    app.systemd.output(UNIT).matches(&format!("#1 {signal} ")).count()
}

#[test]
fn a_signal_to_the_main_process_reaches_the_program_once_and_one_to_all_twice() {
    if !systemd::available() {
        return;
    }
    let (deployment, _) = Deployment::with("systemd-signals", RECORDER, "");
    let app = App::of(deployment, &["drain-on-terminate"], "", &[]);
    app.systemd.systemctl(&["start", UNIT]);
    for signal in ["HUP", "USR1", "WINCH", "RTMIN+3"] {
        app.systemd.systemctl(&["kill", "--kill-whom=main", "--signal", signal, UNIT]);
    }
    // Sent last, so that the others have been passed on.
    wait_until("the last signal", PATIENCE, || count(&app, "SIGRTMIN+3") == 1);
    for signal in ["SIGHUP", "SIGUSR1", "SIGWINCH"] {
        wait_until(signal, PATIENCE, || count(&app, signal) == 1);
    }
    // Two of this kind are two, however slow the program is.
    app.systemd.systemctl(&["kill", "--signal", "RTMIN+3", UNIT]);
    wait_until("the signal from systemd and from the master", PATIENCE, || {
        count(&app, "SIGRTMIN+3") == 3
    });
    app.systemd.systemctl(&["stop", UNIT]);
    assert_eq!(app.show("Result"), "success");
    app.finish();
}
