//! Tasks that are programs of their own: what they need is not compiled for the others.

use crate::command::{Failure, Result, cargo, run as run_command};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Becomes this package's program, by way of the cargo that builds it: signals and the exit status
/// are the program's.
pub(crate) fn become_it(package: &str, args: &[String]) -> Result {
    let error = command(package).args(args).exec();
    Err(Failure::new(format!("could not start cargo: {error}")))
}

/// Runs this package's program.
pub(crate) fn run(package: &str) -> Result {
    run_command(&mut command(package))
}

fn command(package: &str) -> Command {
    let mut command = cargo(&["run", "--quiet", "--package", package]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command.arg("--");
    command
}
