//! Tests that a program runs without a master where none can run; or not at all, if one is required.

use super::{deployed, refusal};
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, wait_for};
use selfup_tests::service::Deployment;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

#[test]
fn a_program_whose_file_is_gone_when_it_starts_runs_without() {
    let (deployment, _) = deployed("file-gone");
    let release = deployment.release("version=1 removes_itself");
    deployment.install(&release);
    let service = deployment.start(["events"]);
    let warning = service.wait_warning(&[
        "could not start the first child",
        "bin/app (deleted)",
        "; the program runs by itself",
    ]);
    println!("{warning}");
    assert_eq!(service.ask_for("enabled"), "false");
    assert_eq!(service.ask_for("id"), release.id(), "known all the same");
    service.process().wait_line("event Warning: could not start the first child", PATIENCE);
    assert_eq!(service.terminate().code(), Some(0), "it drains as under a master");

    deployment.install(&release);
    let line = refusal(&deployment, &["address=127.0.0.1:0", "required"]);
    assert!(line.contains("could not start the first child"), "{line}");
    deployment.finish();
}

/// It cannot restart. But the restart signal must not end it, and SIGTERM drains.
#[test]
fn without_a_master_the_restart_signal_does_nothing_and_sigterm_drains() {
    let (deployment, _) = deployed("signals-without");
    deployment.install(&deployment.release("version=1 removes_itself"));
    let service = deployment.start(["events"]);
    service.wait_warning(&["; the program runs by itself"]);
    let held = service.hold();
    service.restart();
    assert_eq!(service.ask_for("enabled"), "false");
    service.process().signal(libc::SIGTERM);
    service.process().wait_line("v1 finishes", PATIENCE);
    assert_eq!(service.process().status(), None, "a request is under way");
    assert!(held.finish().starts_with("v1 "));
    assert_eq!(service.process().wait(PATIENCE).code(), Some(0));
    deployment.finish();
}

/// As on macOS, the BSDs and Windows.
#[test]
fn on_a_system_without_masters_the_program_runs_directly() {
    let (deployment, _) = deployed("unsupported");
    let release = deployment.release("version=1");
    deployment.install(&release);
    let service = deployment.start(["as_if_unsupported"]);
    service
        .wait_warning(&["could not start a master: none runs on", "; the program runs by itself"]);
    assert_eq!(service.ask_for("enabled"), "false");
    assert_eq!(service.ask_for("id"), release.id());
    assert_eq!(service.ask_for("pid"), service.process().pid().to_string());
    // Ctrl-C is the program's own: this one does nothing about it.
    service.process().signal(libc::SIGINT);
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGINT));
    let lines = service.process().wait_all_lines(PATIENCE);
    let warnings = lines.iter().filter(|line| line.starts_with("[selfup")).count();
    assert_eq!(warnings, 1, "{lines:?}");

    let line = refusal(&deployment, &["address=127.0.0.1:0", "as_if_unsupported", "required"]);
    assert!(line.contains("could not start a master: none runs on"), "{line}");
    // An address that cannot be bound is an error there, too.
    let line = refusal(&deployment, &["address=192.0.2.1:8080", "as_if_unsupported"]);
    assert!(line.contains("192.0.2.1"), "{line}");
    deployment.finish();
}

#[test]
fn a_child_that_cannot_be_forked_leaves_the_program_to_run_without() {
    if !need::root() || !need::program("setpriv") || !need::program("prlimit") {
        return;
    }
    let (deployment, _) = deployed("nproc");
    for folder in [deployment.sandbox().path(), &deployment.sandbox().join("bin")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // A user of its own, so that the processes of others do not count.
    let user = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=64999", "--regid=64999", "--clear-groups", "--", program]);
        command
    };
    let limited = |words: &[&str]| {
        let mut command = user("prlimit");
        command.args(["--nproc=1:100", "--"]).arg(deployment.program());
        command.arg("address=127.0.0.1:0").args(words);
        command
    };
    let service = deployment.start_as(limited(&[]));
    let warning = service.wait_warning(&["too many processes", "; the program runs by itself"]);
    println!("{warning}");
    allow(user("prlimit"), service.process().pid(), "--nproc=100");
    assert_eq!(service.ask_for("enabled"), "false");
    service.terminate();

    let process = deployment.sandbox().start(limited(&["required"]));
    assert_eq!(process.wait(PATIENCE).code(), Some(1));
    let lines = process.wait_all_lines(PATIENCE);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("could not start the first child"), "{lines:?}");
    deployment.finish();
}

/// Sets a limit of a running process.
fn allow(mut prlimit: Command, pid: u32, limit: &str) {
    let status = prlimit.arg(format!("--pid={pid}")).arg(limit).status().unwrap();
    assert!(status.success(), "{status}");
}

/// However few descriptors there are, the program reports what it lacks, and never hangs.
#[test]
fn with_too_few_descriptors_it_runs_without_a_master_or_reports_why_not() {
    if !need::program("prlimit") {
        return;
    }
    let (deployment, _) = deployed("nofile");
    let mut outcomes = Vec::new();
    for limit in 4..16 {
        outcomes.push(format!("{limit}: {}", with_descriptors(&deployment, limit)));
    }
    println!("{}", outcomes.join("\n"));
    assert!(outcomes.iter().any(|line| line.contains("; the program runs by itself")));
    assert!(outcomes.iter().any(|line| line.ends_with("enabled=true")));
    deployment.finish();
}

/// Sets the hard limit, too: the master raises the soft one up to it.
fn with_descriptors(deployment: &Deployment, limit: u32) -> String {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={limit}:{limit}")).arg("--").arg(deployment.program());
    command.arg("address=127.0.0.1:0");
    let process = deployment.sandbox().start(command);
    let listens = wait_for("the outcome", PATIENCE, || {
        let listens = process.lines().iter().any(|line| line.contains("listens on"));
        (listens || process.status().is_some()).then_some(listens)
    });
    if !listens {
        let lines = process.wait_all_lines(PATIENCE);
        assert_ne!(process.wait(PATIENCE).code(), Some(0), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("could not")), "{limit}: {lines:?}");
        return lines.join(" | ");
    }
    let lines = process.lines();
    let is_without = lines.iter().any(|line| line.contains("enabled=false"));
    let enabled = if is_without { "enabled=false" } else { "enabled=true" };
    // What a thread writes may come after what the program says.
    let warned = is_without.then(|| process.wait_line("; the program runs by itself", PATIENCE));
    let warnings = || process.lines().into_iter().filter(|line| line.starts_with("[selfup"));
    assert!(is_without || warnings().count() == 0, "{:?}", warnings().collect::<Vec<_>>());
    process.signal(libc::SIGTERM);
    process.wait(PATIENCE);
    [warned.as_deref().unwrap_or_default(), enabled].join(" ")
}
