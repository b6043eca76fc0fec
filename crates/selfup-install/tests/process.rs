//! Tests installers in other processes: killed, at work, traced.
#![allow(clippy::print_stderr, reason = "a test says what it leaves out")]
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use selfup_install::{ErrorKind, Expected};
use support::{
    Sandbox, assert_says, example, has_program, install, probe_script, script, spawn, wait_until,
};

/// An installer in another process that was given half of what it needs.
fn halfway(sandbox: &Sandbox) -> Child {
    let mut command = Command::new(example("install"));
    let mut child = spawn(command.arg(sandbox.app()).stdin(Stdio::piped()));
    child.stdin.as_mut().unwrap().write_all(b"#!/bin/sh\n").unwrap();
    wait_until("it has written what it got", || {
        // The trial of preflight is empty.
        sandbox
            .temporaries()
            .iter()
            .any(|name| fs::metadata(sandbox.join(name)).is_ok_and(|metadata| metadata.len() == 10))
    });
    child
}

#[test]
fn a_living_installer_is_named_and_its_files_stay() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let mut child = halfway(&sandbox);
    let error = target.stage(Expected::new()).unwrap_err();
    assert_says(&error, ErrorKind::Busy, &["installing", &format!("process {} ", child.id())]);
    target.preflight().unwrap();
    assert_eq!(sandbox.temporaries().len(), 1);

    // The first installer is not disturbed.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"printf '%s\\n' \"$SELFUP_BIN_CHECK\"\n").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
}

#[test]
fn what_a_killed_installer_left_is_removed() {
    let sandbox = Sandbox::new();
    let mut child = halfway(&sandbox);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(sandbox.names().len(), 3, "{:?}", sandbox.names());

    // Not ours, however much it looks like it.
    sandbox.put(".other.selfup-new-0123456789ab", b"", 0o600);
    fs::create_dir(sandbox.join(".app.selfup-new-0123456789ab")).unwrap();
    sandbox.target().preflight().unwrap();
    let rest = [".app.selfup-new-0123456789ab", ".other.selfup-new-0123456789ab", "app"];
    assert_eq!(sandbox.names(), rest);
    install(&sandbox.target(), &probe_script("two")).commit().unwrap();
}

#[test]
fn a_probe_does_not_outlive_a_killed_installer() {
    let sandbox = Sandbox::new();
    let pid = sandbox.join("pid");
    let content = script(&format!(
        "echo $$ > {0}.new; /bin/mv {0}.new {0}; exec /bin/sleep 1000",
        pid.display()
    ));
    let mut command = Command::new(example("install"));
    let mut child = spawn(command.arg(sandbox.app()).stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(&content).unwrap();
    wait_until("the probe runs", || pid.exists());
    let probe: i32 = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the probe is gone", || {
        // Gone, or a zombie where no process reaps orphans.
        fs::read_to_string(format!("/proc/{probe}/stat")).is_ok_and(|stat| stat.contains(") Z "))
            || !fs::exists(format!("/proc/{probe}")).unwrap()
    });
}

#[test]
fn signals_ignored_by_the_installer_are_not_by_the_probe() {
    let sandbox = Sandbox::new();
    let line = format!(
        "trap '' USR2 HUP; exec {} {}",
        example("install").display(),
        sandbox.app().display()
    );
    let seen = sandbox.join("seen");
    let content = script(&format!(
        "/bin/grep SigIgn /proc/$$/status > {}\nprintf '%s\\n' \"$SELFUP_BIN_CHECK\"",
        seen.display()
    ));
    let mut child = spawn(Command::new("sh").args(["-c", &line]).stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(&content).unwrap();
    assert!(child.wait().unwrap().success());
    let seen = fs::read_to_string(seen).unwrap();
    let set = u64::from_str_radix(seen.split_whitespace().nth(1).unwrap(), 16).unwrap();
    // Signals 1 to 31: HUP, USR2 and PIPE among them.
    assert_eq!(set & 0x7fff_ffff, 0, "{seen}");
}

#[test]
fn a_process_that_ignores_sigchld_cannot_probe_and_reports_it() {
    let sandbox = Sandbox::new();
    let mut command = Command::new("env");
    command.arg("--ignore-signal=CHLD").arg(example("install")).arg(sandbox.app());
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command);
    child.stdin.take().unwrap().write_all(&probe_script("two")).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("SIGCHLD is ignored"), "{text}");
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
#[cfg(target_os = "linux")]
fn file_is_flushed_before_the_rename_and_the_directory_after() {
    if !has_program("strace") {
        return;
    }
    let sandbox = Sandbox::new();
    let trace = sandbox.join("trace");
    let mut command = Command::new("strace");
    command.args([
        "-y",
        "-e",
        "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat,fchmod",
    ]);
    command.arg("-o").arg(&trace).arg(example("install")).arg(sandbox.app());
    let mut child = spawn(command.stdin(Stdio::piped()).stderr(Stdio::null()));
    child.stdin.take().unwrap().write_all(&probe_script("two")).unwrap();
    assert!(child.wait().unwrap().success());

    let trace = fs::read_to_string(trace).unwrap();
    let app = fs::canonicalize(sandbox.app()).unwrap();
    let (app, directory) = (app.display().to_string(), app.parent().unwrap().display().to_string());
    let calls: Vec<_> = trace.lines().filter(|line| line.ends_with("= 0")).collect();
    let last = |what: &dyn Fn(&&&str) -> bool| {
        calls.len() - calls.iter().rev().take_while(|line| !what(line)).count()
    };
    let mode = last(&|line| line.contains("chmod") && line.contains("0755"));
    let file = last(&|line| line.starts_with("fsync") && line.contains(".selfup-new-"));
    let link = last(&|line| line.starts_with("link") && line.contains(".selfup-replaced"));
    let noted = last(&|line| line.starts_with("fsync") && line.contains(".selfup-record-new>"));
    let trial = calls.iter().position(|line| line.contains("selfup-record\"")).unwrap() + 1;
    let trial_flush = trial + 1;
    let swap = last(&|line| {
        line.starts_with("rename")
            && line.contains(".selfup-new-")
            && line.contains(&format!("\"{app}\""))
    });
    let kept = last(&|line| line.starts_with("rename") && line.contains("selfup-previous\""));
    let flushes_directory =
        |line: &&str| line.starts_with("fsync") && line.contains(&format!("<{directory}>"));
    let at = |at: usize| calls.get(at - 1).is_some_and(flushes_directory);
    // The last of all is that of the commit.
    let flush = calls.iter().rposition(flushes_directory).unwrap() + 1 - 2;
    let order = [0, mode, file, link, noted, trial, trial_flush, swap, kept, flush];
    assert!(at(trial_flush), "{trace}");
    assert!(order.is_sorted_by(|one, next| one < next), "{order:?}\n{trace}");
    let flushes = calls.iter().filter(|line| line.starts_with("fsync")).count();
    assert_eq!(flushes, 5, "{trace}");
}
