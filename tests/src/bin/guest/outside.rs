//! The process above the namespaces: it creates the cgroup and removes it again.

use super::cgroup::Cgroup;
use super::host::Host;
use selfup_tests::systemd::{CGROUPS, LOG};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, thread};

pub(crate) fn start(folder: &str, without: &str, init: &[&str]) -> ExitCode {
    pass_on_log(&Path::new(folder).join(LOG));
    let cgroup = Cgroup::make(&Path::new(folder).join(CGROUPS));
    let host = Host::look().to_string();
    // The shell enters the cgroup first, so that it is the root of the cgroup namespace.
    let status = Command::new("sh")
        .args(["-c", "echo $$ >\"$0\" && exec \"$@\""])
        .arg(cgroup.processes())
        // If this process is killed, so is the init.
        .args(["setpriv", "--pdeathsig", "KILL", "--"])
        .args(["unshare", "--pid", "--mount", "--uts", "--ipc", "--cgroup"])
        .args(["--fork", "--kill-child", "--mount-proc", "--"])
        .arg(env::current_exe().unwrap())
        .args(["inside", &host, folder, without])
        .args(init)
        .status()
        .unwrap();
    cgroup.remove();
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the init logs to the kernel is printed here instead.
fn pass_on_log(path: &Path) {
    // Open for writing too, so that it does not end with its first writer.
    let fifo = File::options().read(true).write(true).open(path).unwrap();
    thread::spawn(move || {
        for line in BufReader::new(fifo).lines() {
            println!("{}", line.unwrap_or_default());
        }
    });
    assert!(!fs::metadata(path).unwrap().is_file(), "{} is to be a FIFO", path.display());
}
