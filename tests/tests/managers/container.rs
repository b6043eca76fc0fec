//! Tests the master as pid 1 of a container, without the default actions of the kernel for signals, and
//! without files that a container may lack.

use selfup_signals::{Pid, Signal, send};
use selfup_tests::container::{self, pid_1};
use selfup_tests::need;
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Sandbox, Terminal, children_of, state_of, wait_until};
use selfup_tests::service::{Deployment, Service, put};
use std::fs;
use std::process::Command;

const UPGRADABLE: &str = env!("CARGO_BIN_EXE_upgradable");
const ENDER: &str = env!("CARGO_BIN_EXE_ender");
const RECORDER: &str = env!("CARGO_BIN_EXE_recorder");

/// A deployment whose program is as noted.
fn deployed(name: &str, notes: &str) -> (Deployment, Release) {
    Deployment::with(name, UPGRADABLE, notes)
}

fn start(deployment: &Deployment, setup: &str, words: &[&str]) -> Service {
    let mut command = container::command(setup, deployment.program());
    command.arg("address=127.0.0.1:0").args(words);
    deployment.start_as(command)
}

/// Ends pid 1 like a container runtime.
fn stop(service: &Service) -> Option<i32> {
    send(pid_1(service.process()), Signal::TERM).unwrap();
    service.process().wait(PATIENCE).code()
}

fn restart(service: &Service) {
    let before: u32 = service.ask_for("generation").parse().unwrap();
    send(pid_1(service.process()), Signal::USR2).unwrap();
    let mut in_a_row = 0;
    wait_until("the next generation to answer", PATIENCE, || {
        let next = service.ask_for("generation") == (before + 1).to_string();
        in_a_row = if next { in_a_row + 1 } else { 0 };
        in_a_row == 5
    });
}

fn kill(pid: u32) {
    send(Pid::new(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

/// Whether a process has so many children, and none is a zombie.
fn runs_only(pid: u32, children: usize) -> bool {
    let found = children_of(pid);
    found.len() == children && found.into_iter().all(|child| state_of(child) != Some('Z'))
}

// Ends

/// The kernel lets no signal kill pid 1 from within, so its exit code reports the signal, as a shell does.
#[test]
fn the_end_of_the_program_is_the_exit_code_of_pid_1() {
    if !container::possible() {
        return;
    }
    let sandbox = Sandbox::new("container-ends");
    let signals = [Signal::TERM, Signal::KILL, Signal::SEGV, Signal::real_time(3).unwrap()];
    let codes = [0, 1, 7, 255].map(|code| (format!("exit={code}"), code));
    let deaths = signals.map(|signal| (format!("signal={signal}"), 128 + signal.as_raw()));
    for (option, expected) in codes.into_iter().chain(deaths) {
        let mut command = container::command("ulimit -c 0", ENDER);
        command.arg(&option);
        let process = sandbox.start(command);
        assert_eq!(process.wait(PATIENCE).code(), Some(expected), "{option}");
    }
    sandbox.finish();
}

#[test]
fn sigterm_ends_a_program_that_has_no_handler_for_it() {
    if !container::possible() {
        return;
    }
    let (deployment, _) = deployed("container-plain", "version=1");
    let service = start(&deployment, "", &["forward_terminate"]);
    assert_eq!(stop(&service), Some(128 + libc::SIGTERM));
    deployment.finish();
}

#[test]
fn sigterm_lets_requests_finish() {
    if !container::possible() {
        return;
    }
    let (deployment, _) = deployed("container-drains", "version=1");
    let service = start(&deployment, "", &["drain_on_terminate"]);
    let held = service.hold();
    send(pid_1(service.process()), Signal::TERM).unwrap();
    service.process().wait_line("v1 finishes", PATIENCE);
    assert!(held.finish().starts_with("v1 "));
    assert_eq!(service.process().wait(PATIENCE).code(), Some(0));
    deployment.finish();
}

#[test]
fn ctrl_c_ends_a_program_that_has_no_handler_for_it() {
    if !container::possible() {
        return;
    }
    let sandbox = Sandbox::new("container-ctrl-c");
    let mut command = container::command("", RECORDER);
    command.arg("plain");
    let (process, terminal) = sandbox.start_on_terminal(command);
    process.wait_line("child #1 serves", PATIENCE);
    terminal.press(Terminal::CTRL_C);
    assert_eq!(process.wait(PATIENCE).code(), Some(128 + libc::SIGINT));
    sandbox.finish();
}

/// The daemon, which heeds no SIGTERM, is none of the master's; it ends with pid 1.
#[test]
fn sigterm_ends_everything_within_the_terminate_timeout() {
    if !container::possible() {
        return;
    }
    let sandbox = Sandbox::new("container-stubborn");
    let daemon = "setsid sh -c 'trap \"\" TERM; echo daemon; while :; do sleep 3600; done' &";
    let mut command = container::command(daemon, RECORDER);
    command.args(["hold", "terminate=300"]);
    let process = sandbox.start(command);
    process.wait_line("daemon", PATIENCE);
    process.wait_line("child #1 serves", PATIENCE);
    send(pid_1(&process), Signal::TERM).unwrap();
    process.wait_line("killed child #1", PATIENCE);
    assert_eq!(process.wait(PATIENCE).code(), Some(128 + libc::SIGKILL));
    sandbox.finish();
}

/// A signal that the kernel would discard, since there is no handler yet.
#[test]
fn a_sigterm_while_it_starts_is_not_lost() {
    if !container::possible() || !need::program("strace") {
        return;
    }
    let sandbox = Sandbox::new("container-early");
    let log = sandbox.join("log");
    sandbox.expect_files(["log"]);
    // The tracer is a grandchild, so that the program is pid 1.
    let mut command = container::command("", "strace");
    command.args(["-D", "-qq", "-o"]).arg(&log);
    command.args(["-e", "trace=bind,listen", "-e", "inject=listen:delay_enter=1000000:when=1"]);
    command.args([UPGRADABLE, "address=127.0.0.1:0", "drain_on_terminate", "debug"]);
    let process = sandbox.start(command);
    wait_until("the program to bind", PATIENCE, || {
        fs::read_to_string(&log).is_ok_and(|log| log.contains("bind("))
    });
    send(pid_1(&process), Signal::TERM).unwrap();
    assert_eq!(process.wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}

// Orphans

#[test]
fn orphans_are_reaped_and_nothing_else() {
    if !container::possible() {
        return;
    }
    let (deployment, first) = deployed("container-orphans", "version=1 litters");
    let second = deployment.release("version=2 litters");
    let published = deployment.sandbox().join("releases/app");
    put(first.path(), &published, 0o755);
    let service = start(
        &deployment,
        "",
        &["asks", "drain_on_terminate", &format!("file={}", published.display())],
    );
    let master = pid_1(service.process());
    let pid = master.as_raw().unsigned_abs();
    // Its parent is the master, and it is not the master's child.
    wait_until("the orphan that stays", PATIENCE, || children_of(pid).len() >= 2);

    // The hook and the probe wait for processes of their own meanwhile.
    put(second.path(), &published, 0o755);
    service.wait_version(2);
    restart(&service);
    assert!(service.warnings().iter().all(|line| !line.contains("refused")));
    // One daemon of each generation stays, below the one child.
    service.process().wait_line("#3 has left its last", PATIENCE);
    wait_until("the master to have only what runs", PATIENCE, || runs_only(pid, 4));
    assert_eq!(stop(&service), Some(0));
    deployment.finish();
}

/// The master is a subreaper, as pid 1 is: the script sets that before it executes the program.
#[test]
fn orphans_that_come_to_a_subreaper_are_reaped() {
    if !need::program("python3") {
        return;
    }
    const SUBREAPER: &str = "import ctypes, os, sys\n\
                             assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0\n\
                             os.execv(sys.argv[1], sys.argv[1:])";
    let (deployment, _) = deployed("subreaper", "version=1 litters");
    let mut command = Command::new("python3");
    command.args(["-c", SUBREAPER]).arg(deployment.program());
    command.args(["address=127.0.0.1:0", "drain_on_terminate"]);
    let service = deployment.start_as(command);
    let pid = service.process().pid();
    service.process().wait_line("#1 has left its last", PATIENCE);
    // The one that stays is an orphan that came to the master, as all before it did.
    wait_until("the master to have only what runs", PATIENCE, || runs_only(pid, 2));
    // Without a namespace that ends, the daemon and what it has started stay.
    let child: u32 = service.ask_for("pid").parse().unwrap();
    wait_until("the daemons to be gone", PATIENCE, || {
        let daemons: Vec<_> = children_of(pid).into_iter().filter(|pid| *pid != child).collect();
        daemons.iter().for_each(|daemon| kill(*daemon));
        daemons.is_empty()
    });
    assert!(service.terminate().success());
    deployment.finish();
}

/// The program ends while the master looks after orphans.
#[test]
fn the_end_of_the_program_is_not_taken_for_one_of_an_orphan() {
    if !container::possible() || !need::program("strace") {
        return;
    }
    let sandbox = Sandbox::new("container-mixed-up");
    let mut command = container::command("sleep 3600 &", "strace");
    command.args(["-D", "-qq", "-o", "/dev/null", "-e", "inject=waitid:delay_enter=300000"]);
    command.arg(RECORDER);
    let process = sandbox.start(command);
    process.wait_line("child #1 serves", PATIENCE);
    let master = pid_1(&process).as_raw().unsigned_abs();
    let child = |name: &str| {
        let named = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap() == name;
        children_of(master).into_iter().find(named).unwrap()
    };
    let (orphan, program) = (child("sleep\n"), child("recorder\n"));
    kill(orphan);
    wait_until("the orphan to have ended", PATIENCE, || state_of(orphan) == Some('Z'));
    // In the middle of that delay.
    std::thread::park_timeout(std::time::Duration::from_millis(100));
    kill(program);
    assert_eq!(process.wait(PATIENCE).code(), Some(128 + libc::SIGKILL));
    sandbox.finish();
}

// What is not there

const READ_ONLY: &str = "mount -o remount,bind,ro /\n! touch here 2> /dev/null";

#[test]
fn on_a_read_only_root_it_serves_and_reports_why_it_is_not_upgraded() {
    if !container::possible() {
        return;
    }
    let (deployment, first) = deployed("container-read-only", "version=1");
    let second = deployment.release("version=2");
    put(second.path(), &deployment.sandbox().join("releases/app"), 0o755);
    let service = start(&deployment, READ_ONLY, &["file=releases/app", "drain_on_terminate"]);
    println!("{}", service.wait_warning(&["bin/.app", "its file system is mounted read-only"]));
    restart(&service);
    service.is_version(1);
    assert_eq!(stop(&service), Some(0));
    assert_eq!(deployment.installed(), first.id());
    deployment.finish();
}

#[test]
fn without_proc_it_restarts_and_upgrades_all_the_same() {
    if !container::possible() {
        return;
    }
    let (deployment, first) = deployed("container-no-proc", "version=1");
    let second = deployment.release("version=2");
    let published = deployment.sandbox().join("releases/app");
    put(first.path(), &published, 0o755);
    let source = format!("file={}", published.display());
    let words = [&source, "drain_on_terminate", "probation=100"];
    let service = start(&deployment, "mount -t tmpfs none /proc", &words);
    assert_eq!(service.ask_for("enabled"), "true");
    let held = service.hold();
    restart(&service);
    assert!(held.finish().starts_with("v1 "));
    put(second.path(), &published, 0o755);
    deployment.wait_installed(&second);
    // Without /proc it reads at its path which version it is: from the restart on.
    restart(&service);
    service.wait_version(2);
    assert_eq!(stop(&service), Some(0));
    deployment.finish();
}

#[test]
fn without_dev_it_serves_and_reports_why_it_is_not_upgraded() {
    if !container::possible() {
        return;
    }
    let (deployment, first) = deployed("container-no-dev", "version=1");
    let second = deployment.release("version=2");
    put(second.path(), &deployment.sandbox().join("releases/app"), 0o755);
    let words = ["file=releases/app", "drain_on_terminate"];
    let service = start(&deployment, "mount -t tmpfs none /dev", &words);
    println!("{}", service.wait_warning(&["bin/app", "there is no /dev/null here"]));
    restart(&service);
    service.is_version(1);
    assert_eq!(stop(&service), Some(0));
    assert_eq!(deployment.installed(), first.id());
    deployment.finish();
}
