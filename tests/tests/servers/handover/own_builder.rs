//! Tests servers with hyper builders of their own, whose connections are watched.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox};
use selfup_tests::uninterrupted::uninterrupted;

use super::{calls::loses_no_call_in_20_restarts, load::loses_nothing_in_20_restarts, stop};

fn own_builder(sandbox: &Sandbox, protocol: &str) -> Process {
    let program = sandbox.copy(env!("CARGO_BIN_EXE_own_builder"), "own_builder");
    let mut command = Command::new(program);
    command.args([protocol, "127.0.0.1:0"]);
    sandbox.start(command)
}

#[test]
fn http1_with_a_header_timeout_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-own-http1");
    sandbox.expect_files(["own_builder"]);
    loses_nothing_in_20_restarts(own_builder(&sandbox, "http1"));
    sandbox.finish();
}

#[test]
fn http2_with_settings_loses_no_call_in_20_restarts() {
    let sandbox = Sandbox::new("handover-own-http2");
    sandbox.expect_files(["own_builder"]);
    loses_no_call_in_20_restarts(&own_builder(&sandbox, "http2"));
    sandbox.finish();
}

/// It is not even known what such a client speaks.
#[test]
fn a_silent_connection_that_the_drain_closes_has_not_failed() {
    let sandbox = Sandbox::new("handover-own-silent");
    sandbox.expect_files(["own_builder"]);
    let process = own_builder(&sandbox, "auto");
    let server = process.wait_listening(PATIENCE);
    let mut client = TcpStream::connect(server).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    // The kernel hands out connections in the order in which they came.
    let mut later = TcpStream::connect(server).unwrap();
    later.write_all(b"GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n").unwrap();
    later.read_to_end(&mut Vec::new()).unwrap();
    process.signal(libc::SIGUSR2);
    assert_eq!(uninterrupted(|| client.read(&mut [0])).unwrap(), 0);
    stop(&process);
    let lines = process.lines();
    assert!(!lines.iter().any(|line| line.contains("failed")), "{lines:#?}");
    sandbox.finish();
}
