//! Tests that a process killed at any system call of a handoff in which it comes back leaves another one that serves, or,
//! where it was the only one that could, nothing that is in the way of the next start.

use super::moment::{Calls, Moment, coordinator};
use super::{Server, ask, children_of, has_ended, pid_of, send};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_for, wait_until};
use std::fs;

const WORDS: &str = "double std";

/// What is left when the process was killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    /// There was no helper yet: the service is over, as it is for any process that is killed.
    Nothing,
    /// The helper serves.
    Helper,
    /// The process was the service again, and its helper was to end.
    Released,
    /// It was not killed: the handoff was over.
    Process,
}

fn is_back(server: &Server) -> bool {
    let lines = server.process.lines();
    lines.iter().any(|line| *line == format!("#3 pid={} serves", server.serves))
        && children_of(server.serves).is_empty()
}

/// The process is killed at this call of the thread that executes the new file. Returns also whether it had.
#[track_caller]
fn dies_before_it_is_back(number: usize) -> (Left, bool) {
    let sandbox = Sandbox::new(&format!("handoff-death-at-{number}"));
    let server = Server::start(&sandbox, WORDS);
    let moment = Moment::of(&sandbox, coordinator(server.serves), number);
    server.signal(Signal::SIGUSR2);
    let mut has_executed = false;
    let is_alone = |calls: &Calls| {
        has_executed = calls.has_executed();
        !calls.has_forked()
    };
    let left = what_is_left(&server, moment, is_alone);
    starts_again(sandbox, &server);
    (left, has_executed)
}

/// The process is killed at this call of the thread that sees to handoffs, once it has executed the new file.
#[track_caller]
fn dies_while_it_becomes_the_service(number: usize) -> Left {
    let sandbox = Sandbox::new(&format!("handoff-death-at-{number}"));
    let gate = Gate::closed(&sandbox, "gate-3");
    let server = Server::start(&sandbox, WORDS);
    server.signal(Signal::SIGUSR2);
    wait_until("the new file to be executed", PATIENCE, || {
        let variables = fs::read(format!("/proc/{}/environ", server.serves)).unwrap_or_default();
        String::from_utf8_lossy(&variables).contains("SELFUP_GENERATION=3")
    });
    let moment = Moment::of(&sandbox, coordinator(server.serves), number);
    drop(gate.open());
    let left = what_is_left(&server, moment, |_| false);
    starts_again(sandbox, &server);
    left
}

/// Kills the process when it is stopped.
#[track_caller]
fn what_is_left(server: &Server, moment: Moment, is_alone: impl FnOnce(&Calls) -> bool) -> Left {
    let pid = server.serves;
    wait_until("it to be stopped, or to be back", PATIENCE, || {
        moment.reached().is_some() || is_back(server)
    });
    let Some(calls) = moment.reached() else {
        // What it does to answer might be the call at which it is stopped.
        moment.go_on();
        server.is_served_by(3, pid);
        send(pid, Signal::SIGKILL);
        server.process.wait(PATIENCE);
        return Left::Process;
    };
    send(pid, Signal::SIGKILL);
    moment.go_on();
    server.process.wait(PATIENCE);
    if is_alone(&calls) {
        return Left::Nothing;
    }
    let said = |starts: &str, ends: &str| {
        let is_it = |line: &&String| line.starts_with(starts) && line.ends_with(ends);
        server.process.lines().iter().find(is_it).map(|line| pid_of(line))
    };
    let mut response = None;
    wait_until("a response, or the helper to have drained", PATIENCE, || {
        response = ask(server.address).ok();
        response.is_some() || said("#2 ", "has drained").is_some_and(has_ended)
    });
    let Some(response) = response else {
        // It drains only when the process is ready, and so the service.
        assert!(calls.has_executed() || calls.sent() > 0, "{calls:?}");
        return Left::Released;
    };
    let helper = pid_of(&response);
    assert_ne!(helper, pid);
    // It may be about to end by itself.
    let _gone = kill(Pid::from_raw(helper.cast_signed()), Signal::SIGQUIT);
    wait_until("the helper to end", PATIENCE, || has_ended(helper));
    Left::Helper
}

/// What a service manager does next.
#[track_caller]
fn starts_again(sandbox: Sandbox, server: &Server) {
    assert!(ask(server.address).is_err(), "nothing listens any more");
    let mut server = Server::start_at(&sandbox, sandbox.join("handing"), "single std");
    server.hand_over();
    server.is_served_by(2, server.serves);
    server.stop();
    server.process.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn the_helper_serves_wherever_the_process_is_killed() {
    the_helper_serves(9, 80, 3);
}

#[test]
#[ignore = "takes minutes"]
fn the_helper_serves_at_each_call_at_which_the_process_is_killed() {
    the_helper_serves(1, 1, 1);
}

/// The steps are those from one call to the next, before and after the file is executed.
#[track_caller]
fn the_helper_serves(before: usize, executed: usize, after: usize) {
    let (mut left, mut number) = (Vec::new(), 1);
    loop {
        let (what, has_executed) = dies_before_it_is_back(number);
        if what == Left::Process {
            break;
        }
        left.push(what);
        number += if has_executed { executed } else { before };
    }
    let count = |kind| left.iter().filter(|left| **left == kind).count();
    assert!(count(Left::Nothing) > 0 && count(Left::Helper) > 5, "{left:?}");
    let left = (1..).step_by(after).map(dies_while_it_becomes_the_service).take_while(not_over);
    let left: Vec<Left> = left.collect();
    assert!(left.contains(&Left::Helper) && !left.contains(&Left::Nothing), "{left:?}");
}

fn not_over(left: &Left) -> bool {
    *left != Left::Process
}

/// The helper is killed at this call of its own. Returns whether it had responded by then, and whether it was killed.
#[track_caller]
fn helper_dies(number: usize) -> (bool, bool) {
    let sandbox = Sandbox::new(&format!("handoff-helper-death-at-{number}"));
    let gate = Gate::closed(&sandbox, "gate-2");
    let server = Server::start(&sandbox, WORDS);
    server.signal(Signal::SIGUSR2);
    let helper = wait_for("the helper", PATIENCE, || children_of(server.serves).pop());
    let moment = Moment::of(&sandbox, coordinator(helper), number);
    drop(gate.open());
    wait_until("it to be stopped, or to have ended", PATIENCE, || {
        moment.reached().is_some() || is_back(&server)
    });
    let calls = moment.reached();
    if !has_ended(helper) {
        send(helper, Signal::SIGKILL);
    }
    moment.go_on();
    // If it has responded, the process comes back; if not, it has never gone.
    let has_responded = calls.as_ref().is_none_or(|calls| calls.sent() >= 2);
    if has_responded {
        wait_until("the process to be back", PATIENCE, || is_back(&server));
    }
    let response = wait_for("a response", PATIENCE, || ask(server.address).ok());
    assert_eq!(pid_of(&response), server.serves, "{calls:?}");
    wait_until("the helper to be reaped", PATIENCE, || children_of(server.serves).is_empty());
    server.stop();
    server.process.wait(PATIENCE);
    sandbox.finish();
    let was_stopped = calls.is_some_and(|calls| !calls.has_ended());
    (has_responded, was_stopped)
}

#[test]
fn the_process_serves_wherever_its_helper_is_killed() {
    the_process_serves(3);
}

#[test]
#[ignore = "takes minutes"]
fn the_process_serves_at_each_call_at_which_its_helper_is_killed() {
    the_process_serves(1);
}

#[track_caller]
fn the_process_serves(step: usize) {
    let killed = (1..).step_by(step).map(helper_dies).take_while(|(_, killed)| *killed);
    let responded: Vec<bool> = killed.map(|(responded, _)| responded).collect();
    assert!(responded.contains(&false) && responded.contains(&true), "{responded:?}");
}
