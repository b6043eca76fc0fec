//! Installs Debian packages.

use crate::command::{Failure, Result, program, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Debian asks this program before a package starts its services.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs these packages without asking anything.
pub fn install(packages: &[&str]) -> Result {
    run(&mut quiet(&["update"]))?;
    let _until_installed = NothingStarts::by_policy()?;
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    run(&mut quiet(&args)).map_err(|failure| {
        Failure::new(format!("{failure}\ninstall by hand what is missing: {}", packages.join(" ")))
    })
}

/// apt lists every package that it unpacks; only errors are worth reading, and it writes them to
/// the other stream.
fn quiet(args: &[&str]) -> Command {
    let mut command = program("apt-get", &["-qq", "-o", "DPkg::Lock::Timeout=120"]);
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// As long as it is there, no package starts the services that it brings: the tests start what they
/// need, and stop it again. A policy that is already there stays in force instead.
struct NothingStarts {
    ours: bool,
}

impl NothingStarts {
    fn by_policy() -> Result<Self> {
        let ours = !Path::new(POLICY).exists();
        if ours {
            fs::write(POLICY, "#!/bin/sh\nexit 101\n")
                .and_then(|()| fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)))
                .map_err(|error| Failure::new(format!("could not write {POLICY}: {error}")))?;
        }
        Ok(Self { ours })
    }
}

impl Drop for NothingStarts {
    fn drop(&mut self) {
        if self.ours {
            fs::remove_file(POLICY).ok();
        }
    }
}
