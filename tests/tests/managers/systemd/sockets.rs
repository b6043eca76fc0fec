//! Tests sockets that systemd has opened.

use super::app::{App, UNIT, ask_for};
use super::page;
use selfup_tests::sandbox::{PATIENCE, tcp_listeners, wait_until};
use selfup_tests::systemd;
use selfup_tests::visitor::{Visitors, ask};
use std::net::{Ipv4Addr, SocketAddr};

const SOCKET: &str = "app.socket";

/// An address that no other test has: a socket unit cannot ask for a free port.
fn own_address() -> SocketAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    let [.., thread] = std::thread::current().name().unwrap().len().to_be_bytes();
    SocketAddr::from((Ipv4Addr::new(127, thread, high, low), 8080))
}

/// The socket of the page, at this address.
fn activated(name: &str, address: SocketAddr, words: &[&str]) -> App {
    let drop_in = format!("[Socket]\nListenStream=\nListenStream={address}\n");
    let units = [(SOCKET, page::unit(SOCKET)), ("app.socket.d/test.conf", &drop_in)];
    let words = [&["drain_on_terminate"], words].concat();
    let app = App::version_1(name, &words, "", &units);
    app.systemd.systemctl(&["start", SOCKET]);
    app
}

/// The first one to call starts it, and a restart takes nothing from the socket.
#[track_caller]
fn starts_when_called(app: &App, address: SocketAddr) {
    assert_eq!(app.show("ActiveState"), "inactive");
    assert_eq!(ask_for(address, "generation"), "1", "started by the first client");
    let visitors = Visitors::come(address);
    app.reload();
    wait_until("the next generation", PATIENCE, || ask_for(address, "generation") == "2");
    app.systemd.systemctl(&["restart", UNIT]);
    assert_eq!(ask_for(address, "generation"), "1");
    visitors.leave();
}

#[test]
fn a_socket_is_taken_by_its_name() {
    if !systemd::available() {
        return;
    }
    let address = own_address();
    let app = activated("systemd-by-name", address, &["listen=http,fd://http"]);
    starts_when_called(&app, address);
    app.finish();
}

#[test]
fn a_socket_is_taken_by_its_address() {
    if !systemd::available() {
        return;
    }
    let address = own_address();
    let app = activated("systemd-by-address", address, &[&format!("address={address}")]);
    starts_when_called(&app, address);
    app.finish();
}

#[test]
fn sockets_of_systemd_and_of_our_own_go_together() {
    if !systemd::available() {
        return;
    }
    let address = own_address();
    let words = ["address=127.0.0.1:0", "listen=http,fd://http"];
    let app = activated("systemd-mixed", address, &words);
    starts_when_called(&app, address);
    let listeners = tcp_listeners(app.master());
    let own = *listeners.iter().find(|found| **found != address).expect("one more");
    assert!(ask(own, "hello").unwrap().starts_with("v1 "));

    // The next master gets each socket back from the process that keeps it.
    assert_eq!(app.show("NFileDescriptorStore"), "1", "only our own has to be kept");
    app.kill_master();
    for address in [own, address] {
        assert_eq!(ask_for(address, "generation"), "1");
    }
    assert_eq!(app.show("NRestarts"), "1");
    app.finish();
}
