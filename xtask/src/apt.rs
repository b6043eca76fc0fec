//! Debian packages.

use crate::command::{Failure, Result, program, run};
use std::process::{Command, Stdio};

/// Installs these packages without asking anything.
pub(crate) fn install(packages: &[&str]) -> Result {
    run(&mut quiet(&["update"]))?;
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    run(&mut quiet(&args)).map_err(|failure| {
        Failure::new(format!("{failure}\ninstall by hand what is missing: {}", packages.join(" ")))
    })
}

/// apt tells every package it unpacks; only what goes wrong is worth reading, and that it writes to
/// the other stream.
fn quiet(args: &[&str]) -> Command {
    let mut command = program("apt-get", &["-qq", "-o", "DPkg::Lock::Timeout=120"]);
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}
