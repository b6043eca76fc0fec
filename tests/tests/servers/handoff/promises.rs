//! Tests the four promises: no old code after a handoff, time to initialise, no harm by a successor that fails, and one
//! handoff at a time.

use super::{Server, children_of};
use nix::sys::signal::Signal;
use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_until};
use std::io::Write;
use std::net::TcpStream;

#[test]
fn no_old_code_serves_after_a_handoff() {
    for words in ["single std", "double std", "single axum", "double axum"] {
        let sandbox = Sandbox::new("handoff-new-code");
        let mut server = Server::start(&sandbox, words);
        for _ in 0..3 {
            server.hand_over();
            for _ in 0..20 {
                server.is_served_by(server.generation, server.serves);
            }
        }
        server.stop();
        sandbox.finish();
    }
}

#[test]
fn a_successor_has_time_and_its_predecessor_serves_meanwhile() {
    for words in ["single std", "double std"] {
        let sandbox = Sandbox::new("handoff-time");
        let gate = Gate::closed(&sandbox, "gate-2");
        let of_the_process = words.starts_with("double").then(|| Gate::closed(&sandbox, "gate-3"));
        let mut server = Server::start(&sandbox, words);
        let first = server.serves;
        server.signal(Signal::SIGUSR2);
        wait_until("the successor", PATIENCE, || !children_of(first).is_empty());
        for _ in 0..20 {
            server.is_served_by(1, first);
        }
        drop(gate.open());
        if let Some(gate) = of_the_process {
            // The new file is in the place of the process and waits, while the helper serves.
            server.process.wait_line("#2 pid=", PATIENCE);
            wait_until("the helper", PATIENCE, || super::pid_of(&server.ask()) != first);
            drop(gate.open());
        }
        server.wait_next();
        server.is_served_by(server.generation, server.serves);
        server.stop();
        sandbox.finish();
    }
}

#[test]
fn a_successor_that_fails_or_is_late_does_no_harm() {
    for words in ["single std timeout=300", "double std timeout=300"] {
        let sandbox = Sandbox::new("handoff-failure");
        let mut server = Server::start(&sandbox, words);
        let first = server.serves;
        let broken = sandbox.write("broken", "");
        server.signal(Signal::SIGUSR2);
        server.process.wait_line("the successor ended before it was ready", PATIENCE);
        server.is_served_by(1, first);
        std::fs::remove_file(broken).unwrap();
        let gate = Gate::closed(&sandbox, "gate-2");
        server.signal(Signal::SIGUSR2);
        server.process.wait_line("the successor was not ready in time", PATIENCE);
        assert!(children_of(first).is_empty(), "it was ended and reaped");
        server.is_served_by(1, first);
        drop(gate);
        std::fs::remove_file(sandbox.join("gate-2")).unwrap();
        server.hand_over();
        server.is_served_by(server.generation, server.serves);
        server.stop();
        sandbox.finish();
    }
}

#[test]
fn an_executable_that_cannot_be_started_does_no_harm() {
    let sandbox = Sandbox::new("handoff-no-file");
    let mut server = Server::start(&sandbox, "single std");
    let (path, aside) = (sandbox.join("handing"), sandbox.join("aside"));
    std::fs::rename(&path, &aside).unwrap();
    sandbox.write("handing", "no program");
    server.signal(Signal::SIGUSR2);
    server.process.wait_line("could not start the successor", PATIENCE);
    server.is_served_by(1, server.serves);
    std::fs::rename(&aside, &path).unwrap();
    server.hand_over();
    server.stop();
    sandbox.finish();
}

#[test]
fn there_is_one_handoff_at_a_time() {
    let sandbox = Sandbox::new("handoff-one");
    let gate = Gate::closed(&sandbox, "gate-2");
    let mut server = Server::start(&sandbox, "single std calls");
    let first = server.serves;
    server.signal(Signal::SIGUSR1);
    wait_until("the successor", PATIENCE, || children_of(first).len() == 1);
    server.signal(Signal::SIGUSR1);
    server.process.wait_line("upgrade: Err(Busy)", PATIENCE);
    assert_eq!(children_of(first).len(), 1);
    // An open request keeps the predecessor until it has printed what came of the call.
    let mut held = TcpStream::connect(server.address).unwrap();
    held.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    server.is_served_by(1, first);
    drop(gate.open());
    server.process.wait_line("upgrade: Ok(())", PATIENCE);
    drop(held);
    server.wait_next();
    server.stop();
    sandbox.finish();
}

/// A signal is not lost: another file may have been put in place since the first one.
#[test]
fn a_signal_during_a_handoff_is_followed_by_another_handoff() {
    for words in ["single std", "double std"] {
        let sandbox = Sandbox::new("handoff-again");
        let gate = Gate::closed(&sandbox, "gate-2");
        let mut server = Server::start(&sandbox, words);
        let first = server.serves;
        server.signal(Signal::SIGUSR2);
        wait_until("the successor", PATIENCE, || children_of(first).len() == 1);
        server.signal(Signal::SIGUSR2);
        drop(gate.open());
        server.wait_next_two();
        server.is_served_by(server.generation, server.serves);
        server.stop();
        sandbox.finish();
    }
}
