//! Runs a program as pid 1 of namespaces of its own, as in a container.

use crate::need;
use crate::sandbox::{PATIENCE, Process, children_of, wait_for};
use selfup_signals::Pid;
use std::path::Path;
use std::process::Command;

/// Whether containers can be made here; if not, this test is noted as left out.
#[must_use = "a test that lacks something it needs returns"]
pub fn possible() -> bool {
    need::root() && need::program("unshare")
}

/// The command that starts the program as pid 1, with its own `/proc`, after these commands of a
/// shell. What they mount is mounted in there alone.
///
/// The process that this starts is unshare(1), outside: it ends with the exit code of pid 1.
pub fn command(setup: &str, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount", "--mount-proc"]);
    command.args(["sh", "-ec", &format!("{setup}\nexec \"$0\" \"$@\"")]).arg(program.as_ref());
    command
}

/// Pid 1, by its number outside.
#[track_caller]
pub fn pid_1(container: &Process) -> Pid {
    let child = wait_for("pid 1", PATIENCE, || children_of(container.pid()).first().copied());
    Pid::new(child.cast_signed()).unwrap()
}
