//! Debian packages.

use crate::command::{Failure, Result, program, run};

/// Installs these packages without asking anything.
pub(crate) fn install(packages: &[&str]) -> Result {
    run(&mut quiet(&["update"]))?;
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    run(&mut quiet(&args)).map_err(|failure| {
        Failure::new(format!("{failure}\ninstall by hand what is missing: {}", packages.join(" ")))
    })
}

fn quiet(args: &[&str]) -> std::process::Command {
    let mut command = program("apt-get", &["-qq", "-o", "DPkg::Lock::Timeout=120"]);
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(std::process::Stdio::null());
    command
}
