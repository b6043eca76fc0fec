//! Process 1 of the namespaces, until it becomes the init.

use super::host::Host;
use super::isolation::missing;
use super::prepare::{Part, prepare};
use selfup_tests::systemd::UNITS;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs the init in this process, unless it could do harm.
pub(crate) fn become_init(host: &Host, folder: &Path, without: Part, init: &[&str]) -> ExitCode {
    prepare(folder, &without);
    let missing = missing(host, folder);
    if !missing.is_empty() {
        eprintln!("{} is not started: {}", init[0], missing.join("; "));
        return ExitCode::FAILURE;
    }
    let mut command = Command::new(init[0]);
    command.args(&init[1..]).env_clear();
    // Nothing of the host's units and generators, and no device, clock or module is touched.
    command.env("container", "selfup-tests").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("SYSTEMD_UNIT_PATH", folder.join(UNITS));
    for generators in ["SYSTEMD_GENERATOR_PATH", "SYSTEMD_ENVIRONMENT_GENERATOR_PATH"] {
        command.env(generators, folder.join("none"));
    }
    panic!("run {}: {}", init[0], command.exec());
}
