//! Runs the checks of the toolchain itself.

use crate::command::{Result, cargo, run};
use crate::style;

pub(crate) fn fmt() -> Result {
    let mut command = cargo(&["fmt", "--all", "--check"]);
    if !style::coloured() {
        // Left to itself rustfmt colours what it writes to a pipe, too.
        command.args(["--", "--color", "never"]);
    }
    run(&mut command)
}

pub(crate) fn clippy() -> Result {
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}
