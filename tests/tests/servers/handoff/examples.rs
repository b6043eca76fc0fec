//! The two examples do what they say.

use super::{Signal, ask, has_ended, pid_of, send};
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_until};
use std::process::Command;

/// Hands over twice and stops. Returns the processes that served.
fn served_by(name: &str, program: &str, next: u64) -> Vec<u32> {
    let sandbox = Sandbox::new(name);
    let mut command = Command::new(sandbox.copy(program, "example"));
    sandbox.expect_files(["example"]);
    command.arg("127.0.0.1:0").current_dir(sandbox.path());
    let process = sandbox.start(command);
    let address = process.wait_listening(PATIENCE);
    let mut served = Vec::new();
    for generation in [1, 1 + next, 1 + 2 * next] {
        let name = format!("#{generation}\n");
        wait_until(&name, PATIENCE, || ask(address).is_ok_and(|said| said.ends_with(&name)));
        let pid = pid_of(&ask(address).unwrap());
        served.push(pid);
        if served.len() < 3 {
            send(pid, Signal::SIGUSR2);
        }
    }
    let last = *served.last().unwrap();
    send(last, Signal::SIGTERM);
    wait_until("the service to end", PATIENCE, || has_ended(last));
    assert!(ask(address).is_err(), "nothing listens any more");
    sandbox.finish();
    served
}

#[test]
fn the_pid_of_the_single_example_changes() {
    let mut served =
        served_by("handoff-example-1", env!("CARGO_BIN_EXE_handoff-single-example"), 1);
    served.dedup();
    assert_eq!(served.len(), 3);
}

/// The helper has a number of its own.
#[test]
fn the_pid_of_the_double_example_stays() {
    let mut served =
        served_by("handoff-example-2", env!("CARGO_BIN_EXE_handoff-double-example"), 2);
    served.dedup();
    assert_eq!(served.len(), 1);
}
