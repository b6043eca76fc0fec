//! Tests what signals do: SIGQUIT drains, SIGTERM ends at once, SIGHUP and SIGUSR1 call hooks.

use super::{Server, children_of, has_ended};
use nix::sys::signal::Signal;
use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;

#[test]
fn hooks_are_called_before_and_after_a_handoff() {
    for words in ["single std", "double std"] {
        let sandbox = Sandbox::new("handoff-hooks");
        let mut server = Server::start(&sandbox, words);
        for _ in 0..2 {
            server.signal(Signal::SIGHUP);
            server.process.wait_line("hangup", PATIENCE);
            server.signal(Signal::SIGUSR1);
            server.process.wait_line("user1", PATIENCE);
            server.hand_over();
        }
        server.stop();
        sandbox.finish();
    }
}

#[test]
fn quit_finishes_a_request_and_terminate_does_not() {
    let sandbox = Sandbox::new("handoff-ends");
    let server = Server::start(&sandbox, "single std");
    let mut held = TcpStream::connect(server.address).unwrap();
    held.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    server.is_served_by(1, server.serves);
    server.signal(Signal::SIGQUIT);
    server.process.wait_line("has drained", PATIENCE);
    assert!(!has_ended(server.serves), "a request is open");
    held.write_all(b"\r\n").unwrap();
    let mut response = String::new();
    held.read_to_string(&mut response).unwrap();
    assert!(response.contains("Connection: close"), "{response}");
    assert!(server.process.wait(PATIENCE).success());
    let server = Server::start(&sandbox, "single std");
    let _held = TcpStream::connect(server.address).unwrap();
    server.signal(Signal::SIGTERM);
    assert_eq!(server.process.wait(PATIENCE).signal(), Some(libc::SIGTERM));
    let server = Server::start(&sandbox, "single std drains");
    server.signal(Signal::SIGTERM);
    assert!(server.process.wait(PATIENCE).success());
    sandbox.finish();
}

/// In Double, both the process and its helper end, whichever of them serves.
#[test]
fn an_end_during_a_handoff_leaves_nothing() {
    for signal in [Signal::SIGQUIT, Signal::SIGTERM] {
        for words in ["single std", "double std"] {
            // While the successor starts; in Double, also while the process itself starts again.
            let gates: &[&str] =
                if words.starts_with("double") { &["gate-2", "gate-3"] } else { &["gate-2"] };
            for name in gates {
                let sandbox = Sandbox::new("handoff-end-within");
                let gate = Gate::closed(&sandbox, name);
                let server = Server::start(&sandbox, words);
                server.signal(Signal::SIGUSR2);
                wait_until("the successor", PATIENCE, || children_of(server.serves).len() == 1);
                if *name == "gate-3" {
                    server.process.wait_line("#2 pid=", PATIENCE);
                    server.process.wait_line("#1 pid=", PATIENCE);
                    wait_until("the new file to be executed", PATIENCE, || {
                        let path = format!("/proc/{}/environ", server.serves);
                        let variables = std::fs::read(path).unwrap_or_default();
                        String::from_utf8_lossy(&variables).contains("SELFUP_GENERATION=3")
                    });
                }
                server.signal(signal);
                server.wait_ended();
                drop(gate);
                sandbox.finish();
            }
        }
    }
}
