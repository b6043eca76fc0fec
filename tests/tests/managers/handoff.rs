//! Tests restarts without a master under real process managers: a pid that stays, and a main process that changes.

use selfup_signals::{Pid, Signal, send};
use selfup_tests::manager::{Manager, Runit, S6, Supervisord};
use selfup_tests::sandbox::{PATIENCE, Sandbox, children_of, tcp_listeners, wait_for, wait_until};
use selfup_tests::systemd::{self, Systemd};
use selfup_tests::visitor::all_kinds;
use selfup_tests::{load::Load, page};

const HANDING: &str = env!("CARGO_BIN_EXE_handing");
const GUEST: &str = env!("CARGO_BIN_EXE_guest");
const PAGE: &str = include_str!("../../../docs/guide/without-a-master.md");
const UNIT: &str = "app.service";

fn the_pid_stays_and_nothing_is_lost<M: Manager>() {
    if !M::available() {
        return;
    }
    let sandbox = Sandbox::new("managed-handoff");
    let program = sandbox.copy(HANDING, "handing");
    sandbox.expect_files(["handing"]);
    let manager = M::start(&sandbox, &format!("{} double axum drains", program.display()));
    let pid = manager.wait_pid();
    manager.wait_output("#1 pid=");
    let address = wait_for("the service to listen", PATIENCE, || tcp_listeners(pid).pop());
    let load = Load::start(all_kinds(address));
    for generation in [3, 5, 7] {
        manager.restart();
        manager.wait_output(&format!("#{generation} pid={pid} serves"));
        wait_until("the helper to be reaped", PATIENCE, || children_of(pid).is_empty());
        assert_eq!(manager.pid(), Some(pid));
    }
    let report = load.stop();
    assert_eq!(report.lost(), 0, "{report}");
    manager.stop();
    wait_until("the service to be stopped", PATIENCE, || manager.is_stopped());
    assert_eq!(manager.output().matches("#1 pid=").count(), 2, "it served and drained once");
    manager.end();
    sandbox.finish();
}

#[test]
fn the_pid_stays_under_supervisord() {
    the_pid_stays_and_nothing_is_lost::<Supervisord>();
}

#[test]
fn the_pid_stays_under_runit() {
    the_pid_stays_and_nothing_is_lost::<Runit>();
}

#[test]
fn the_pid_stays_under_s6() {
    the_pid_stays_and_nothing_is_lost::<S6>();
}

/// A service of systemd, by the unit of the page.
fn under_systemd(strategy: &str, settings: &str, test: impl FnOnce(&Systemd)) {
    if !systemd::available() {
        return;
    }
    let sandbox = Sandbox::new("systemd-handoff");
    let program = sandbox.copy(HANDING, "handing");
    sandbox.expect_files(["handing", "pid"]);
    let command = format!("{} {strategy} std {settings}", program.display());
    let unit = page::file(PAGE, "/etc/systemd/system/app.service", &command);
    let systemd = Systemd::boot(&sandbox, GUEST, &[(UNIT, &unit)]);
    systemd.systemctl(&["start", UNIT]);
    test(&systemd);
    systemd.systemctl(&["stop", UNIT]);
    let result = systemd.show(UNIT, "Result");
    assert_eq!((&*result, &*systemd.show(UNIT, "NRestarts")), ("success", "0"));
    drop(systemd);
    sandbox.finish();
}

#[test]
fn systemd_follows_the_main_process() {
    under_systemd("single", "", |systemd| {
        let mut before = systemd.show(UNIT, "MainPID");
        for generation in 2..=4 {
            systemd.systemctl(&["reload", UNIT]);
            systemd.wait_output(UNIT, &format!("#{generation} pid="));
            let main = systemd.wait_where(UNIT, "MainPID", "another", |pid| pid != before);
            let serves = format!("#{generation} pid={main} serves");
            assert!(systemd.output(UNIT).contains(&serves), "{}", systemd.output(UNIT));
            systemd.wait_output(UNIT, &format!("#{} pid={before} has drained", generation - 1));
            systemd.wait_for(UNIT, "ActiveState", "active");
            before = main;
        }
        // As it does with any main process, it notices that this one ends.
        let main = systemd.main_pid(UNIT);
        send(Pid::new(main.cast_signed()).unwrap(), Signal::QUIT).unwrap();
        systemd.wait_for(UNIT, "ActiveState", "inactive");
        systemd.systemctl(&["start", UNIT]);
    });
}

/// Without a socket for notifications, systemd looks into the pid file when the main process has ended.
#[test]
fn systemd_follows_the_pid_file() {
    if !systemd::available() {
        return;
    }
    let sandbox = Sandbox::new("systemd-pid-file");
    let program = sandbox.copy(HANDING, "handing");
    sandbox.expect_files(["handing"]);
    let file = sandbox.join("pid");
    let command = format!("{} single std pid_file={}", program.display(), file.display());
    let unit = page::file(PAGE, "/etc/systemd/system/app-with-a-pid-file.service", &command);
    let unit = unit.replace("/run/app.pid", &file.display().to_string());
    let systemd = Systemd::boot(&sandbox, GUEST, &[(UNIT, &unit)]);
    systemd.systemctl(&["start", UNIT]);
    systemd.wait_output(UNIT, "#1 pid=");
    let mut before = systemd.show(UNIT, "MainPID");
    for generation in 2..=4 {
        systemd.systemctl(&["reload", UNIT]);
        let main = systemd.wait_where(UNIT, "MainPID", "another", |pid| pid != before);
        systemd.wait_output(UNIT, &format!("#{generation} pid={main} serves"));
        assert_eq!(systemd.show(UNIT, "ActiveState"), "active");
        before = main;
    }
    systemd.systemctl(&["stop", UNIT]);
    systemd.wait_output(UNIT, &format!("#4 pid={before} has drained"));
    let result = systemd.show(UNIT, "Result");
    assert_eq!((&*result, &*systemd.show(UNIT, "NRestarts")), ("success", "0"));
    drop(systemd);
    sandbox.finish();
}

#[test]
fn systemd_keeps_the_process_that_comes_back() {
    under_systemd("double", "", |systemd| {
        let main = systemd.show(UNIT, "MainPID");
        for generation in [3, 5] {
            systemd.systemctl(&["reload", UNIT]);
            systemd.wait_output(UNIT, &format!("#{generation} pid={main} serves"));
            assert_eq!(systemd.show(UNIT, "MainPID"), main);
            assert_eq!(systemd.show(UNIT, "ActiveState"), "active");
            let process = systemd.main_pid(UNIT);
            wait_until("the helper to be reaped", PATIENCE, || children_of(process).is_empty());
        }
    });
}
