//! Runs the server of moto, which keeps versions and enforces permissions.

use super::publisher::Publisher;
use selfup_tests::{
    front::{Front, Upstream},
    need,
    sandbox::{PATIENCE, Sandbox},
};
use std::net::SocketAddr;
use std::process::Command;

const PROGRAM: &str = "moto_server";

/// The server behind a front, with a bucket.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    pub(crate) front: Front,
    pub(crate) publisher: Publisher,
}

/// Runs a test with a server of its own; not at all where the program is missing.
pub(crate) fn with(name: &str, case: impl FnOnce(&Moto)) {
    if !need::program(PROGRAM) {
        return;
    }
    let sandbox = Sandbox::new(name);
    let mut command = Command::new(PROGRAM);
    command.args(["-H", "127.0.0.1", "-p", "0"]);
    let server = sandbox.start(command);
    let address = server.wait_listening(PATIENCE);
    let front = Front::before(Upstream::Tcp(address));
    let publisher = Publisher::of(address, &front);
    publisher.create_bucket();
    case(&Moto { address, front, publisher });
    server.signal(libc::SIGKILL);
    server.wait(PATIENCE);
    sandbox.finish();
}
