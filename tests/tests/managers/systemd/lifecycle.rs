//! Tests start, reload, stop, and an end that was not requested.

use super::app::{App, UNIT, ask_for};
use super::page;
use selfup_tests::load::{Config, Lane, Load, Report};
use selfup_tests::sandbox::{PATIENCE, children_of, wait_until};
use selfup_tests::systemd;
use selfup_tests::visitor::all_kinds;
use std::net::SocketAddr;

#[test]
fn the_main_process_is_the_master_and_stays_it_through_reloads() {
    if !systemd::available() {
        return;
    }
    let app = App::upgradable("systemd-main-pid", &[], "");
    let address = app.start();
    assert_eq!(app.show("ActiveState"), "active");
    let master = app.master();
    let child: u32 = ask_for(address, "pid").parse().unwrap();
    assert_ne!(child.to_string(), app.show("MainPID"), "a child answers");
    for generation in 2..=4 {
        app.reload();
        wait_until("the next generation", PATIENCE, || {
            ask_for(address, "generation") == generation.to_string()
        });
        assert_eq!(app.master(), master);
    }
    assert_eq!(app.show("NRestarts"), "0");
    app.systemd.systemctl(&["stop", UNIT]);
    assert_eq!(app.show("Result"), "success");
    app.finish();
}

fn clients(server: SocketAddr) -> Config {
    all_kinds(server).lane(Lane::new("slow").rate(5.0).path("/slow?ms=300"))
}

/// Reloads so many times, each time as soon as the next child responds.
fn reload_under_load(app: &App, server: SocketAddr, times: usize) -> Report {
    let load = Load::start(clients(server));
    for seen in 1..=times {
        wait_until("another child to answer", PATIENCE, || {
            load.report_so_far().pids().len() >= seen
        });
        app.reload();
    }
    wait_until("the last child to answer", PATIENCE, || load.report_so_far().pids().len() > times);
    let master = app.master();
    wait_until("one child", PATIENCE, || children_of(master).len() == 1);
    load.stop()
}

fn loses_nothing(name: &str, settings: &str) {
    let app = App::axum(name, settings);
    let server = app.start();
    let report = reload_under_load(&app, server, 5);
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    assert_eq!((app.show("ActiveState"), app.show("NRestarts")), ("active".into(), "0".into()));
    app.systemd.systemctl(&["stop", UNIT]);
    app.finish();
}

#[test]
fn reloads_under_load_lose_nothing() {
    if systemd::available() {
        loses_nothing("systemd-reload", "");
    }
}

#[test]
fn reloads_by_notification_under_load_lose_nothing() {
    if let Some(settings) = page::reload_by_notification() {
        loses_nothing("systemd-reload-by-notification", settings);
    }
}
