//! Tests that the status tells how many connections each child has, whatever serves them.

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Command;

fn start(sandbox: &Sandbox, way: &str) -> Process {
    sandbox.expect_files(["app.sock", "app.lock"]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_serving"));
    command.args([way, "control=app", "terminate=60000"]);
    command.env("RUNTIME_DIRECTORY", sandbox.path()).env_remove("XDG_RUNTIME_DIR");
    let master = sandbox.start(command);
    master.wait_line("child #1 serves", PATIENCE);
    master
}

fn status(sandbox: &Sandbox) -> String {
    let mut stream = UnixStream::connect(sandbox.join("app.sock")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"{\"verb\":\"status\"}\n").unwrap();
    let mut response = String::new();
    BufReader::new(stream).read_line(&mut response).unwrap();
    response
}

/// Waits until the children have so many connections, oldest first.
#[track_caller]
fn wait_counted(sandbox: &Sandbox, expected: &[&str]) {
    wait_until(&format!("{expected:?} connections"), PATIENCE, || {
        let status = status(sandbox);
        let parts = status.split(r#""connections":"#).skip(1);
        let counts: Vec<_> = parts.filter_map(|part| part.split(',').next()).collect();
        counts == expected
    });
}

/// Before there was a connection, nothing is known. One that is idle counts, until its client closes it.
fn counts(way: &str) {
    let sandbox = Sandbox::new(&format!("connections-{way}"));
    let master = start(&sandbox, way);
    wait_counted(&sandbox, &["null"]);
    let address = master.wait_listening(PATIENCE);
    let client = TcpStream::connect(address).unwrap();
    wait_counted(&sandbox, &["1"]);
    drop(client);
    wait_counted(&sandbox, &["0"]);
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn of_a_loop_that_accepts() {
    counts("incoming");
}

#[test]
fn of_axum() {
    counts("axum");
}

#[test]
fn of_hyper() {
    counts("hyper");
}

#[test]
fn of_a_listener_for_tokio() {
    counts("tokio");
}

#[test]
fn of_actix() {
    counts("actix");
}

/// A child that drains has one, while its successor has none.
#[test]
fn of_a_child_that_drains() {
    let sandbox = Sandbox::new("connections-draining");
    let master = start(&sandbox, "incoming");
    let address = master.wait_listening(PATIENCE);
    let mut client = TcpStream::connect(address).unwrap();
    // Something is under way.
    wait_counted(&sandbox, &["1"]);
    master.signal(libc::SIGUSR2);
    master.wait_line("child #2 serves", PATIENCE);
    wait_counted(&sandbox, &["1", "null"]);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    master.wait_line("child #1 exited with code 0", PATIENCE);
    wait_counted(&sandbox, &["null"]);
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}
