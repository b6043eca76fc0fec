//! Tasks that are programs of their own: what they need is not compiled for the others.

use crate::command::{Failure, Result, cargo};
use std::os::unix::process::CommandExt;

/// Becomes this package's program, by way of the cargo that builds it: signals and the exit status
/// are the program's.
pub(crate) fn become_it(package: &str, args: &[String]) -> Result {
    let mut command = cargo(&["run", "--quiet", "--package", package]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let error = command.arg("--").args(args).exec();
    Err(Failure::new(format!("could not start cargo: {error}")))
}
