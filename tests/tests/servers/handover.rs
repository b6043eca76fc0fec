//! Tests that no request is lost when a child takes over from another, whatever the clients do at that
//! moment, and that the tests notice a child that loses one.

mod calls;
mod connection_close;
mod herd;
mod http2;
mod load;
mod old_clients;
mod own_builder;
mod streams;

use std::{collections::BTreeSet, process::Command};

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_for, wait_until};

pub(crate) use calls::Callers;
pub(crate) use load::clients;

const RESTARTS: usize = 20;

/// Restarts, each time as soon as the new child is there and clients are answered again.
fn restart(process: &Process, restarts: usize, responses: impl Fn() -> u64) {
    wait_until("the first answer", PATIENCE, || responses() > 0);
    let mut seen: BTreeSet<u32> = children_of(process.pid()).into_iter().collect();
    for _ in 0..restarts {
        process.signal(libc::SIGUSR2);
        let new = wait_for("a new child", PATIENCE, || {
            children_of(process.pid()).into_iter().find(|child| !seen.contains(child))
        });
        seen.insert(new);
        let answered = responses();
        // From any child: the next restart waits by itself until this one is done.
        wait_until("more answers", PATIENCE, || responses() > answered + 50);
    }
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
}

fn axum(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_axum-example"), "axum"));
    command.args(["--address", "127.0.0.1:0"]);
    sandbox.start(command)
}

fn hyper(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_hyper-example"), "hyper"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn actix(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_actix-example"), "actix"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn tokio(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_tokio-example"), "tokio"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn hello(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_hello-example"), "hello"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn stop(process: &Process) {
    process.signal(libc::SIGTERM);
    process.wait(PATIENCE);
}
