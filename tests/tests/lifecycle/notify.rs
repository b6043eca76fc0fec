//! Tests the messages to a service manager, which only the master sends.

use selfup_tests::sandbox::{PATIENCE, children_of, state_of, wait_for, wait_until};
use selfup_tests::service::{Deployment, Service};
use selfup_tests::service_manager::ServiceManager;
use selfup_tests::visitor::ask;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// Long enough for anything that is due several times within.
const QUIET: Duration = Duration::from_secs(1);

fn deployed(name: &str) -> (Deployment, ServiceManager) {
    let (deployment, _) = Deployment::with(name, APP, "version=1");
    let manager = ServiceManager::new(deployment.sandbox());
    (deployment, manager)
}

fn started(
    deployment: &Deployment,
    manager: &ServiceManager,
    words: &[&str],
    watchdog: Option<&str>,
) -> Service {
    let mut command = Command::new(deployment.program());
    command.args(["listen=http,127.0.0.1:0"]).args(words);
    manager.of(&mut command);
    command.envs(watchdog.map(|micros| ("WATCHDOG_USEC", micros)));
    deployment.start_as(command)
}

fn only_child(service: &Service) -> u32 {
    let master = service.process().pid();
    wait_for("one child", PATIENCE, || match children_of(master)[..] {
        [child] => Some(child),
        _ => None,
    })
}

#[test]
fn the_manager_gets_the_start_the_reload_and_the_stop() {
    let (deployment, manager) = deployed("notify");
    let service = started(&deployment, &manager, &["version=1.4.2"], None);
    println!("{}", manager.wait(&["READY=1", "STATUS=child #1 serves, version 1.4.2"]));
    let first = deployment.installed();
    println!("{}", manager.wait(&[&format!("id {}", &first[..8])]));
    let environment = fs::read(format!("/proc/{}/environ", only_child(&service))).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(!environment.contains("NOTIFY_SOCKET"), "the child could speak, too");

    service.restart();
    manager.wait(&["RELOADING=1\nMONOTONIC_USEC=", "EXTEND_TIMEOUT_USEC="]);
    manager.wait(&["READY=1\n", "STATUS=child #2 serves"]);

    deployment.install(&deployment.release("version=2 crashes_at_start"));
    service.restart();
    manager.wait(&["RELOADING=1\n"]);
    println!("{}", manager.wait(&["READY=1\n", "STATUS=child #2 serves", "was killed by SIGABRT"]));

    let held = service.hold();
    service.process().signal(libc::SIGTERM);
    println!("{}", manager.wait(&["STOPPING=1\n", "EXTEND_TIMEOUT_USEC=", "STATUS=stopping"]));
    drop(held);
    assert_eq!(service.process().wait(PATIENCE).code(), Some(0));
    deployment.finish();
}

/// Nothing that matters is lost, in whatever order the manager reads it, and the master does not wait.
#[test]
fn a_manager_that_does_not_read_gets_everything_later() {
    let (deployment, manager) = deployed("notify-busy");
    manager.fill();
    let service = started(&deployment, &manager, &["events", "version=1.4.2"], None);
    for generation in 2..=4 {
        service.restart();
        service
            .process()
            .wait_line(&format!("event Serving: child #{generation} serves"), PATIENCE);
        // Signals come while there is something to report.
        service.process().signal(libc::SIGWINCH);
        service.process().wait_line("event Forwarded: forwarded SIGWINCH", PATIENCE);
    }
    manager.wait(&["READY=1\n"]);
    manager.wait(&["RELOADING=1\n"]);
    println!("{}", manager.wait(&["READY=1\n", "STATUS=child #4 serves"]));
    let kept = manager.take_fds("FDSTORE=1\nFDNAME=selfup-http\n");
    assert_eq!(kept.len(), 1);
    manager.fill();
    let held = service.hold();
    service.process().signal(libc::SIGTERM);
    service.process().wait_line("event Stopping", PATIENCE);
    manager.wait(&["STOPPING=1\n"]);
    drop(held);
    assert_eq!(service.process().wait(PATIENCE).code(), Some(0));
    deployment.finish();
}

#[test]
fn the_sockets_are_kept_by_the_manager() {
    let (deployment, manager) = deployed("notify-store");
    let service = started(&deployment, &manager, &[], None);
    manager.wait(&["READY=1"]);
    let kept = manager.take_fds("FDSTORE=1\nFDNAME=selfup-http\n");
    let [kept] = <[_; 1]>::try_from(kept).unwrap();
    let kept = TcpListener::from(kept);
    assert_eq!(kept.local_addr().unwrap(), service.address());
    service.process().signal(libc::SIGKILL);
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGKILL));
    // With no process left, a connection waits where the next master will find it.
    wait_until("the child to go", PATIENCE, || {
        let lines = service.process().lines();
        lines.iter().any(|line| line.contains("v1 finishes"))
    });
    std::net::TcpStream::connect(service.address()).unwrap();
    deployment.finish();
}

/// The line describes the present state, at every change.
#[test]
fn the_status_shows_the_present_state_of_the_source() {
    let (deployment, manager) = deployed("notify-source");
    let source = deployment.sandbox().join("source");
    let words = [&format!("closure={}", source.display())[..], "own_version"];
    let service = started(&deployment, &manager, &words, None);
    manager.wait(&["STATUS=child #1 serves, version 1.0.0, id ", "no upgrade for now: "]);
    deployment.sandbox().copy(deployment.program(), "source");
    let mended = manager.wait(&["STATUS=child #1 serves, version 1.0.0"]);
    assert!(!mended.contains("no upgrade"), "{mended}");
    deployment.sandbox().copy(deployment.release("version=2").path(), "source");
    manager.wait(&["STATUS=child #2 serves, version 2.0.0", "upgraded to 2.0.0"]);
    service.wait_version(2);
    service.ask("rollback");
    manager
        .wait(&["STATUS=child #3 serves, version 1.0.0", "rolled back to the previous executable"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn the_watchdog_is_fed_by_the_master() {
    let (deployment, manager) = deployed("notify-watchdog");
    let service = started(&deployment, &manager, &[], Some("200000"));
    for _ in 0..3 {
        manager.wait(&["WATCHDOG=1"]);
    }
    // The child takes no part in this.
    let child = only_child(&service);
    stop(child);
    for _ in 0..3 {
        manager.wait(&["WATCHDOG=1"]);
    }
    signal(child, libc::SIGCONT);
    service.process().signal(libc::SIGSTOP);
    manager.wait_quiet(QUIET);
    service.process().signal(libc::SIGCONT);
    manager.wait(&["WATCHDOG=1"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_child_that_was_stopped_does_not_feed_the_watchdog() {
    let (deployment, manager) = deployed("notify-child");
    let service = started(&deployment, &manager, &["watchdog=child"], Some("200000"));
    manager.wait(&["READY=1"]);
    for _ in 0..3 {
        manager.wait(&["WATCHDOG=1"]);
    }
    let child = only_child(&service);
    stop(child);
    manager.wait_quiet(QUIET);
    signal(child, libc::SIGCONT);
    manager.wait(&["WATCHDOG=1"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_program_that_hangs_does_not_feed_the_watchdog() {
    let (deployment, manager) = deployed("notify-program");
    let service = started(&deployment, &manager, &["watchdog=program"], Some("400000"));
    manager.wait(&["READY=1"]);
    for _ in 0..3 {
        manager.wait(&["WATCHDOG=1"]);
    }
    deployment.sandbox().write("hung", "");
    manager.wait_quiet(QUIET);
    assert!(ask(service.address(), "hello").is_ok(), "it is but one thread that hangs");
    fs::remove_file(deployment.sandbox().join("hung")).unwrap();
    manager.wait(&["WATCHDOG=1"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let (deployment, manager) = deployed("notify-else");
    let mut command = Command::new(deployment.program());
    command.arg("address=127.0.0.1:0").env("WATCHDOG_USEC", "200000").env("WATCHDOG_PID", "1");
    manager.of(&mut command);
    let service = deployment.start_as(command);
    manager.wait(&["READY=1"]);
    manager.wait_quiet(QUIET);
    service.terminate();
    deployment.finish();
}

#[test]
fn where_the_program_runs_by_itself_the_service_is_up_all_the_same() {
    let (deployment, manager) = deployed("notify-alone");
    deployment.install(&deployment.release("version=1 removes_itself"));
    let service = started(&deployment, &manager, &[], None);
    println!("{}", manager.wait(&["READY=1", "STATUS=the program runs by itself"]));
    service.terminate();
    deployment.finish();
}

#[test]
fn a_manager_that_does_not_listen_is_reported_and_not_needed() {
    let (deployment, manager) = deployed("notify-nobody");
    drop(manager);
    let mut command = Command::new(deployment.program());
    command.arg("address=127.0.0.1:0").env("NOTIFY_SOCKET", deployment.sandbox().join("nobody"));
    let service = deployment.start_as(command);
    println!("{}", service.wait_warning(&["could not reach the service manager"]));
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

fn stop(pid: u32) {
    signal(pid, libc::SIGSTOP);
    wait_until("the child to stop", PATIENCE, || state_of(pid) == Some('T'));
}

fn signal(pid: u32, signal: i32) {
    let pid = nix::unistd::Pid::from_raw(pid.try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::try_from(signal).unwrap()).unwrap();
}
