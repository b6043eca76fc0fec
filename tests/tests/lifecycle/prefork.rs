//! Tests programs that fork: processes that a child leaves running are reported, or killed.

use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, state_of, wait_until};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// Forks a worker, which has all that it has, and ends without it.
const CHILD: &str = r##"#!/usr/bin/env python3
import os, signal, socket
control = socket.socket(fileno=int(os.environ["SELFUP_CONTROL"]))
control.send(bytes([1, 1, 0]))
worker = os.fork()
if worker == 0:
    while True:
        signal.pause()
print("#" + os.environ["SELFUP_GENERATION"], "has worker", worker, flush=True)
control.send(bytes([2]))
control.recv(2048)
os._exit(0)
"##;

fn started(sandbox: &Sandbox, words: &[&str]) -> Process {
    sandbox.copy(APP, "app");
    let child = sandbox.write("child", CHILD);
    fs::set_permissions(child, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(sandbox.join("app"));
    command.args(["exec_file=child", "address=127.0.0.1:0", "debug"]).args(words);
    sandbox.start(command)
}

fn worker_of(master: &Process, generation: u32) -> u32 {
    let line = master.wait_line(&format!("#{generation} has worker "), PATIENCE);
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn is_gone(pid: u32) -> bool {
    matches!(state_of(pid), None | Some('Z'))
}

fn kill(pid: u32) {
    selfup_signals::send(
        selfup_signals::Pid::new(pid.cast_signed()).unwrap(),
        selfup_signals::Signal::KILL,
    )
    .unwrap();
    wait_until("the worker to be gone", PATIENCE, || is_gone(pid));
}

#[test]
fn processes_that_a_child_leaves_running_are_reported_by_pid() {
    if !need::program("python3") {
        return;
    }
    let sandbox = Sandbox::new("prefork");
    let master = started(&sandbox, &[]);
    let first = worker_of(&master, 1);
    master.wait_line("child #1 serves", PATIENCE);
    master.signal(libc::SIGUSR2);
    let second = worker_of(&master, 2);
    master.wait_line(
        &format!(
            "[selfup master] child #1 has ended and left processes running: {first}; they hold"
        ),
        PATIENCE,
    );
    kill(first);
    master.signal(libc::SIGTERM);
    master.wait_line(
        &format!(
            "[selfup master] child #2 has ended and left processes running: {second}; they hold"
        ),
        PATIENCE,
    );
    assert_eq!(master.wait(PATIENCE).signal(), Some(libc::SIGTERM));
    kill(second);
    sandbox.finish();
}

#[test]
fn with_a_group_of_its_own_what_a_child_leaves_running_is_killed() {
    if !need::program("python3") {
        return;
    }
    let sandbox = Sandbox::new("prefork-group");
    let master = started(&sandbox, &["kill_group"]);
    let first = worker_of(&master, 1);
    master.wait_line("child #1 serves", PATIENCE);
    master.signal(libc::SIGUSR2);
    let second = worker_of(&master, 2);
    master.wait_line(
        &format!("[selfup master] child #1 has ended and left processes running: {first}; killed"),
        PATIENCE,
    );
    wait_until("the worker to be gone", PATIENCE, || is_gone(first));
    assert!(!is_gone(second));
    master.signal(libc::SIGTERM);
    assert_eq!(master.wait(PATIENCE).signal(), Some(libc::SIGTERM));
    wait_until("the worker to be gone", PATIENCE, || is_gone(second));
    sandbox.finish();
}
