//! Runs `typos` over all of the project's text, with the settings of typos.toml.

use crate::command::{Failure, Result, captured, program, run as run_command};
use crate::workspace;

pub(crate) fn run() -> Result {
    installed()?;
    let mut command = program("typos", &["--config", "typos.toml", "--format", "brief"]);
    run_command(command.current_dir(workspace::root()))
}

fn installed() -> Result {
    match captured(&mut program("typos", &["--version"])) {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(Failure::new(
            "typos is missing: cargo install --locked typos-cli, or pip install with .ci/typos.txt",
        )),
    }
}
