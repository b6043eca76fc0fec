//! Tests that a process killed at any system call of a handoff leaves another one that serves.

use super::moment::{Moment, coordinator};
use super::{Server, ask, children_of, has_ended, pid_of, send};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_for, wait_until};

/// So many calls from one death to the next.
const STEP: usize = 5;

/// The service that is left has to respond; it is ended then.
#[track_caller]
fn serves_and_ends(server: &Server) {
    let pid = wait_for("a response", PATIENCE, || ask(server.address).ok().map(|it| pid_of(&it)));
    let helper = children_of(pid);
    send(pid, Signal::SIGQUIT);
    for pid in helper.into_iter().chain([pid]) {
        wait_until("it to end", PATIENCE, || has_ended(pid));
    }
}

/// The process that hands over is killed. Returns whether it had started another one by then, and whether it was killed.
#[track_caller]
fn predecessor_dies(number: usize) -> (bool, bool) {
    let sandbox = Sandbox::new(&format!("handoff-death-at-{number}"));
    let server = Server::start(&sandbox, "single std");
    let moment = Moment::of(&sandbox, coordinator(server.serves), number);
    server.signal(Signal::SIGUSR2);
    let calls = wait_for("it to be stopped, or to have ended", PATIENCE, || moment.reached());
    let is_killed = !has_ended(server.serves);
    if is_killed {
        server.signal(Signal::SIGKILL);
    }
    moment.go_on();
    if calls.has_forked() {
        serves_and_ends(&server);
    }
    server.process.wait(PATIENCE);
    sandbox.finish();
    (calls.has_forked(), is_killed)
}

#[test]
fn the_successor_serves_wherever_its_predecessor_is_killed() {
    let killed = (1..).step_by(STEP).map(predecessor_dies).take_while(|(_, killed)| *killed);
    let with_a_successor: Vec<bool> = killed.map(|(successor, _)| successor).collect();
    let count = |successor| with_a_successor.iter().filter(|it| **it == successor).count();
    assert!(count(false) > 1 && count(true) > 5, "{with_a_successor:?}");
}

/// What a successor sends: that it is ready, and the response by which it becomes the service.
const RESPONDED: usize = 2;

/// The successor is killed at a call of its own. It is the service once it has sent the response that its predecessor
/// waits for; killed before, it has cost nothing. Returns whether it was, and whether it was killed.
#[track_caller]
fn successor_dies(number: usize) -> (bool, bool) {
    let sandbox = Sandbox::new(&format!("handoff-death-at-{number}"));
    let gate = Gate::closed(&sandbox, "gate-2");
    let server = Server::start(&sandbox, "single std");
    server.signal(Signal::SIGUSR2);
    let successor = wait_for("the successor", PATIENCE, || children_of(server.serves).pop());
    let moment = Moment::of(&sandbox, coordinator(successor), number);
    drop(gate.open());
    wait_until("it to be stopped, or to serve alone", PATIENCE, || {
        moment.reached().is_some() || has_ended(server.serves)
    });
    let calls = moment.reached();
    send(successor, Signal::SIGKILL);
    moment.go_on();
    wait_until("it to end", PATIENCE, || has_ended(successor));
    let was_the_service = calls.as_ref().is_none_or(|calls| calls.sent() >= RESPONDED);
    if was_the_service {
        wait_until("the predecessor to end or to serve", PATIENCE, || {
            has_ended(server.serves) || ask(server.address).is_ok()
        });
        if !has_ended(server.serves) {
            let _gone = kill(Pid::from_raw(server.serves.cast_signed()), Signal::SIGKILL);
        }
    } else {
        let response = ask(server.address).expect("the predecessor serves");
        assert_eq!(pid_of(&response), server.serves, "{calls:?}");
        serves_and_ends(&server);
    }
    server.process.wait(PATIENCE);
    sandbox.finish();
    (was_the_service, calls.is_some())
}

#[test]
fn the_predecessor_serves_wherever_its_successor_is_killed() {
    let killed = (1..).step_by(2).map(successor_dies).take_while(|(_, killed)| *killed);
    let services: Vec<bool> = killed.map(|(service, _)| service).collect();
    assert!(services.iter().filter(|service| !**service).count() > 3, "{services:?}");
}

/// In Double the process comes back, whenever its helper is killed: clients wait in the queue.
#[test]
fn the_process_serves_whenever_its_helper_is_killed() {
    let sandbox = Sandbox::new("handoff-helper-death");
    let gate = Gate::closed(&sandbox, "gate-3");
    let server = Server::start(&sandbox, "double std");
    server.signal(Signal::SIGUSR2);
    let helper = wait_for("the helper", PATIENCE, || children_of(server.serves).pop());
    server.process.wait_line("#1 pid=", PATIENCE);
    send(helper, Signal::SIGKILL);
    drop(gate.open());
    server.process.wait_line_where("the process to serve", PATIENCE, |line| {
        line.starts_with("#3") && pid_of(line) == server.serves
    });
    server.is_served_by(3, server.serves);
    assert!(children_of(server.serves).is_empty(), "the helper was reaped");
    server.stop();
    sandbox.finish();
}

/// The helper is the service, if the process is killed that was to come back.
#[test]
fn the_helper_serves_if_the_process_is_killed() {
    let sandbox = Sandbox::new("handoff-process-death");
    let gate = Gate::closed(&sandbox, "gate-3");
    let server = Server::start(&sandbox, "double std");
    server.signal(Signal::SIGUSR2);
    let helper = wait_for("the helper", PATIENCE, || children_of(server.serves).pop());
    server.process.wait_line("#1 pid=", PATIENCE);
    server.process.signal(libc::SIGKILL);
    server.process.wait(PATIENCE);
    server.is_served_by(2, helper);
    // It is a service like any other, and can hand over itself.
    send(helper, Signal::SIGTERM);
    wait_until("the helper to end", PATIENCE, || has_ended(helper));
    drop(gate);
    sandbox.finish();
}
