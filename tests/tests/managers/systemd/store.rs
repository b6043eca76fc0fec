//! Tests sockets that systemd keeps while no master runs.

use super::app::{App, UNIT, ask_for};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::systemd;
use selfup_tests::visitor::{Held, ask};
use std::io;
use std::net::SocketAddr;

/// Long enough for clients to connect meanwhile.
const RESTART: &str = "RestartSec=1500ms";

/// Ends the master, and waits until no child serves.
fn kill_master(app: &App) {
    app.kill_master();
    app.wait_for("SubState", "auto-restart");
}

fn started(name: &str, settings: &str) -> (App, SocketAddr) {
    let app = App::upgradable(name, &[], &format!("{RESTART}\n{settings}"));
    let address = app.start();
    assert!(ask(address, "hello").unwrap().contains("generation=1 "));
    (app, address)
}

#[test]
fn connections_made_while_no_master_lives_are_served_by_the_next_one() {
    if !systemd::available() {
        return;
    }
    let (app, address) = started("systemd-store", "");
    app.wait_for("NFileDescriptorStore", "1");
    app.reload();
    wait_until("the next generation", PATIENCE, || ask_for(address, "generation") == "2");
    for restarts in 1..=2 {
        kill_master(&app);
        let early = Held::start(address);
        app.wait_for("NRestarts", &restarts.to_string());
        assert!(early.finish().contains("generation=1 "), "on the port that it had before");
        assert_eq!(app.show("NFileDescriptorStore"), "1", "it is kept once");
    }
    app.systemd.systemctl(&["stop", UNIT]);
    app.wait_for("NFileDescriptorStore", "0");
    app.finish();
}

/// Without the store: what the test above would see if the socket were bound anew.
#[test]
fn without_the_store_they_are_refused() {
    if !systemd::available() {
        return;
    }
    let (app, address) = started("systemd-no-store", "FileDescriptorStoreMax=0\nRestartSec=1h");
    kill_master(&app);
    let refused = ask(address, "hello").unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    app.finish();
}
