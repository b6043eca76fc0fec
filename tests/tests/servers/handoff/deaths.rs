//! Tests that a process killed at any system call of a handoff leaves another one that serves.

use super::{Server, ask, children_of, has_ended, pid_of, send};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use selfup_tests::gate::Gate;
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, wait_for, wait_until};
use std::fs;
use std::process::Command;

/// The thread that sees to handoffs.
#[track_caller]
fn coordinator(pid: u32) -> u32 {
    wait_for("the thread for handoffs", PATIENCE, || {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        let numbers = tasks.flatten().map(|task| task.file_name().into_string().unwrap());
        // Between fork and exec, the first thread has the name of the one that has forked it.
        let is_it = |task: &String| {
            *task != pid.to_string()
                && fs::read_to_string(format!("/proc/{pid}/task/{task}/comm"))
                    .is_ok_and(|name| name == "selfup-handoff\n")
        };
        numbers.into_iter().find(is_it)?.parse().ok()
    })
}

/// Kills the process of this thread at the thread's call of this number, counted from now on. What the thread did
/// before is in the file `calls`.
#[track_caller]
fn kill_at(sandbox: &Sandbox, thread: u32, number: usize) -> Process {
    let mut command = Command::new("strace");
    command.args(["-qq", "-o"]).arg(sandbox.join("calls")).arg("-p").arg(thread.to_string());
    command.args(["-e", &format!("inject=all:signal=SIGKILL:when={number}")]);
    let strace = sandbox.start(command);
    wait_until("the thread to be traced", PATIENCE, || {
        let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
        // Killed at its first call, it may be gone by now.
        status.is_empty()
            || has_ended(strace.pid())
            || status.contains(&format!("TracerPid:\t{}\n", strace.pid()))
    });
    strace
}

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

/// The process that hands over is killed. Returns whether it had started another one by then, or handed over.
#[track_caller]
fn predecessor_dies(words: &str, number: usize) -> bool {
    let sandbox = Sandbox::new("handoff-death");
    sandbox.expect_files(["calls"]);
    let server = Server::start(&sandbox, words);
    let strace = kill_at(&sandbox, coordinator(server.serves), number);
    server.signal(Signal::SIGUSR2);
    let is_over = || has_ended(server.serves) || strace.pid() == 0;
    wait_until("it to be killed, or to have ended", PATIENCE, is_over);
    let calls = fs::read_to_string(sandbox.join("calls")).unwrap();
    let has_started = calls.contains("clone") || calls.contains("fork(");
    if has_started {
        serves_and_ends(&server);
    }
    wait_until("strace to end", PATIENCE, || has_ended(strace.pid()));
    strace.wait(PATIENCE);
    server.process.wait(PATIENCE);
    sandbox.finish();
    has_started
}

#[test]
fn the_successor_serves_wherever_its_predecessor_is_killed() {
    if !need::program("strace") {
        return;
    }
    let mut with_a_successor = 0;
    for number in (1..70).step_by(3) {
        with_a_successor += usize::from(predecessor_dies("single std", number));
    }
    assert!(with_a_successor > 5, "{with_a_successor}");
}

/// The successor is killed at a call of its own. It is the service once it has sent the last response (6) that its
/// predecessor waits for; killed before, it has cost nothing.
#[track_caller]
fn successor_dies(words: &str, number: usize) -> bool {
    let sandbox = Sandbox::new("handoff-death");
    sandbox.expect_files(["calls"]);
    let gate = Gate::closed(&sandbox, "gate-2");
    let server = Server::start(&sandbox, words);
    server.signal(Signal::SIGUSR2);
    let successor = wait_for("the successor", PATIENCE, || children_of(server.serves).pop());
    let strace = kill_at(&sandbox, coordinator(successor), number);
    if !has_ended(successor) {
        drop(gate.open());
    }
    // The predecessor ends only if it has a successor.
    let is_over = || has_ended(successor) || has_ended(server.serves);
    wait_until("one of both to end", PATIENCE, is_over);
    let is_replaced = has_ended(server.serves);
    if is_replaced && !has_ended(successor) {
        // It may be killed at any moment still.
        let _gone = kill(Pid::from_raw(successor.cast_signed()), Signal::SIGKILL);
    }
    wait_until("strace to have written all", PATIENCE, || has_ended(strace.pid()));
    strace.wait(PATIENCE);
    let calls = fs::read_to_string(sandbox.join("calls")).unwrap();
    // Killed at this very call, it may have sent it or not.
    let was_the_service = calls.lines().any(|call| call.contains("\"\\6\""));
    assert!(was_the_service || !is_replaced, "replaced by a process that was not there:\n{calls}");
    if !was_the_service {
        let response = ask(server.address).expect("the predecessor serves");
        assert_eq!(pid_of(&response), server.serves);
        serves_and_ends(&server);
    } else if !has_ended(server.serves) {
        wait_until("the predecessor to end or to serve", PATIENCE, || {
            has_ended(server.serves) || ask(server.address).is_ok()
        });
        if !has_ended(server.serves) {
            send(server.serves, Signal::SIGQUIT);
        }
    }
    server.process.wait(PATIENCE);
    sandbox.finish();
    was_the_service
}

#[test]
fn the_predecessor_serves_wherever_its_successor_is_killed() {
    if !need::program("strace") {
        return;
    }
    let services = (1..14).filter(|number| successor_dies("single std", *number)).count();
    assert!((1..13).contains(&services), "{services}: some calls come before it is the service");
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
