//! Tests a service that may do little more than serve and replace its own executable.

use super::app::{App, UNIT, wait_version};
use super::page;
use selfup_tests::sandbox::Sandbox;
use selfup_tests::service::put;
use selfup_tests::systemd;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const USER: &str = "daemon";

/// With the settings of the page, as another user than root.
fn hardened(name: &str, more: &str) -> App {
    let settings = format!("{}User={USER}\n{more}", page::unit("app.service.d/hardening.conf"));
    let app = App::upgradable(name, &["file=releases/app", "probation=100"], &settings);
    open_to_user(app.deployment.sandbox());
    app
}

/// Lets the user reach the sandbox, and gives the program's folder to the user.
fn open_to_user(sandbox: &Sandbox) {
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let chown = Command::new("chown")
        .args(["-R", &format!("{USER}:")])
        .arg(sandbox.join("bin"))
        .status()
        .unwrap();
    assert!(chown.success());
}

fn publish_version_2(app: &App) {
    let second = app.deployment.release("version=2");
    put(second.path(), &app.deployment.sandbox().join("releases/app"), 0o644);
}

#[test]
fn a_hardened_service_upgrades_itself() {
    if !systemd::available() {
        return;
    }
    let app = hardened("systemd-hardened", "");
    let bin = app.deployment.sandbox().join("bin");
    let writable = format!("[Service]\nReadWritePaths={}\n", bin.display());
    app.systemd.write_units(&[("app.service.d/writable.conf", &writable)]);
    let address = app.start();
    publish_version_2(&app);
    wait_version(address, 2);
    app.reload();
    app.systemd.systemctl(&["stop", UNIT]);
    assert_eq!(app.show("Result"), "success");
    app.finish();
}

#[test]
fn the_status_shows_that_the_executable_cannot_be_replaced() {
    if !systemd::available() {
        return;
    }
    let app = hardened("systemd-read-only", "");
    let address = app.start();
    publish_version_2(&app);
    let status = app
        .systemd
        .wait_where(UNIT, "StatusText", "a warning", |status| status.contains("read-only"));
    eprintln!("{status}");
    wait_version(address, 1);
    app.finish();
}
