//! Tests whether the executable is blamed when a child ends.

use selfup_tests::need;
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::{Deployment, Service, put};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// Longer than any test.
const LONG: &str = "probation=600000";

/// A release is installed; what is published comes from a file.
fn deployed(name: &str, notes: &str) -> (Deployment, String) {
    let deployment = Deployment::new(name, APP);
    deployment.sandbox().expect_files(["published", "broken", "loading"]);
    deployment.install(&deployment.release(notes));
    let source = format!("file={}", deployment.sandbox().join("published").display());
    (deployment, source)
}

fn publish(deployment: &Deployment, release: &Release) {
    put(release.path(), &deployment.sandbox().join("published"), 0o755);
}

fn refused(service: &Service) -> bool {
    service.warnings().iter().any(|line| line.contains("refused"))
}

#[test]
fn a_signal_that_an_earlier_child_survived_excuses_no_later_one() {
    let (deployment, source) = deployed("survived", "version=1");
    let service = deployment.start([source.as_str(), "catches", LONG]);
    for (signal, name) in [(libc::SIGQUIT, "SIGQUIT"), (libc::SIGINT, "SIGINT")] {
        service.process().signal(signal);
        service.process().wait_line(&format!("v1 got {name}"), PATIENCE);
    }
    let bad = deployment.release("version=2 exits_at_once=7");
    publish(&deployment, &bad);
    service.wait_warning(&[bad.id(), "exited with code 7"]);
    service.is_version(1);
    // The next good release is tried.
    publish(&deployment, &deployment.release("version=3"));
    service.wait_version(3);
    service.terminate();
    deployment.finish();
}

/// As systemd stops a service with `KillSignal=SIGINT`.
#[test]
fn a_stop_by_two_signals_in_the_probation_blames_no_executable() {
    let (deployment, source) = deployed("two-signals", "version=1");
    let second = deployment.release("version=2");
    let service = deployment.start([source.as_str(), LONG, "events"]);
    publish(&deployment, &second);
    service.wait_version(2);
    // One after the other, and before anything has come of the first: it does not run meanwhile.
    let child = service.ask_for("pid");
    assert!(Command::new("kill").args(["-STOP", &child]).status().unwrap().success());
    for (signal, name) in [(libc::SIGINT, "SIGINT"), (libc::SIGCONT, "SIGCONT")] {
        service.process().signal(signal);
        let passed = format!("event Forwarded: forwarded {name} to child #2");
        service.process().wait_line(&passed, PATIENCE);
    }
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGINT));
    assert!(!refused(&service), "{:?}", service.warnings());
    // The next start continues the trial.
    let service = deployment.start([source.as_str(), "probation=50"]);
    service.wait_version(2);
    assert!(!refused(&service), "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

#[test]
fn an_upgrade_that_leaves_by_itself_is_rolled_back_whatever_its_code() {
    let (deployment, source) = deployed("leaves", "version=1");
    let service = deployment.start([source.as_str(), LONG]);
    let second = deployment.release("version=2 leaves_with=0");
    publish(&deployment, &second);
    service.wait_warning(&[second.id(), "exited with code 0", "in its probation"]);
    service.wait_version(1);
    assert_eq!(service.process().status(), None, "the master lives on");
    service.terminate();
    deployment.finish();
}

/// A user of its own, so that the processes of others do not count.
fn as_user(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=64999", "--regid=64999", "--clear-groups", "--", program]);
    command
}

fn allow_processes(pid: u32, number: u32) {
    let mut prlimit = as_user("prlimit");
    let status = prlimit.arg(format!("--pid={pid}")).arg(format!("--nproc={number}:100")).status();
    assert!(status.unwrap().success());
}

/// The service of a user that owns its folder, and whose processes can be forbidden.
fn of_a_user(name: &str, words: &[&str]) -> Option<(Deployment, Service, String)> {
    if !need::root() || !need::program("setpriv") || !need::program("prlimit") {
        return None;
    }
    let (deployment, source) = deployed(name, "version=1");
    for folder in [deployment.sandbox().path(), &deployment.sandbox().join("bin")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(folder, Some(64999), Some(64999)).unwrap();
    }
    std::os::unix::fs::chown(deployment.program(), Some(64999), Some(64999)).unwrap();
    let mut command = as_user("prlimit");
    command.args(["--nproc=100:100", "--"]).arg(deployment.program());
    command.args(["address=127.0.0.1:0", &source, "probation=50"]).args(words);
    let service = deployment.start_as(command);
    Some((deployment, service, source))
}

#[test]
fn a_fork_that_fails_for_a_moment_blames_no_executable() {
    let Some((deployment, service, _)) = of_a_user("no-fork", &["restarts_on_request", "events"])
    else {
        return;
    };
    let second = deployment.release("version=2");
    publish(&deployment, &second);
    // It is there, and waits for a request to run it.
    service.process().wait_line("event Installed", PATIENCE);
    allow_processes(service.process().pid(), 1);
    service.restart();
    service.wait_warning(&["could not start child", "too many processes"]);
    service.is_version(1);
    allow_processes(service.process().pid(), 100);
    service.wait_version(2);
    assert!(!refused(&service), "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

#[test]
fn clients_wait_while_the_next_child_cannot_be_forked() {
    let Some((deployment, service, _)) = of_a_user("gap", &["sequential"]) else { return };
    allow_processes(service.process().pid(), 1);
    service.restart();
    service.wait_warning(&["could not start child", "too many processes"]);
    let address = service.address();
    let client = std::thread::spawn(move || selfup_tests::visitor::ask(address, "hello"));
    allow_processes(service.process().pid(), 100);
    let response = client.join().unwrap().expect("a client waits");
    assert!(response.starts_with("v1 "), "{response}");
    service.terminate();
    deployment.finish();
}

#[test]
fn a_request_of_a_draining_child_restarts_nothing() {
    let (deployment, _) = deployed("outdated", "version=1");
    let service = deployment.start(["events", "idle_grace=20000"]);
    let old = TcpStream::connect(service.address()).unwrap();
    let mut lines = BufReader::new(&old).lines();
    let mut ask = |line: &str| {
        (&old).write_all(format!("{line}\n").as_bytes()).unwrap();
        lines.next().unwrap().unwrap()
    };
    assert!(ask("hello").contains("generation=1"));
    service.restart();
    service.process().wait_line("event Draining", PATIENCE);
    assert!(ask("restart").contains("generation=1"));
    service.process().wait_line("event RestartOutdated", PATIENCE);
    // Until it has heard that it drains, it may accept one more.
    wait_until("the next child to answer alone", PATIENCE, || {
        (0..5).all(|_| service.ask_for("generation") != "1")
    });
    assert_eq!(service.ask_for("generation"), "2", "nobody has replaced it");
    drop(lines);
    drop(old);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_child_that_dies_soon_after_it_took_over_is_replaced_until_the_old_one_has_gone() {
    let (deployment, _) = deployed("own-port", "version=1");
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = deployment.start([format!("metrics={port}").as_str(), "idle_grace=20000"]);
    let held = service.hold();
    service.restart();
    service.process().wait_line("v1 cannot serve its metrics", PATIENCE);
    service.wait_warning(&["soon after it took over"]);
    // The processes that the new children lack are free once the old child has finished.
    assert!(held.finish().starts_with("v1 "));
    wait_until("a later child to serve", PATIENCE, || service.ask_for("generation") != "1");
    assert_eq!(service.process().status(), None, "the master lives on");
    service.terminate();
    deployment.finish();
}

#[test]
fn what_comes_while_a_candidate_starts_comes_to_it_too() {
    let (deployment, _) = deployed("reload", "version=1");
    let service = deployment.start(["catches", "explicit"]);
    let second = deployment.release("version=2 loads");
    fs::write(deployment.sandbox().join("loading"), "").unwrap();
    deployment.install(&second);
    service.restart();
    service.process().wait_line("v2 listens on", PATIENCE);
    for (signal, name) in [(libc::SIGHUP, "SIGHUP"), (libc::SIGUSR1, "SIGUSR1")] {
        service.process().signal(signal);
        service.process().wait_line(&format!("v1 got {name}"), PATIENCE);
    }
    fs::remove_file(deployment.sandbox().join("loading")).unwrap();
    service.process().wait_line("v2 got SIGHUP", PATIENCE);
    service.process().wait_line("v2 got SIGUSR1", PATIENCE);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_second_sigterm_ends_what_drains() {
    let (deployment, _) = deployed("twice", "version=1");
    let service = deployment.start(["drain_on_terminate", "events", "terminate_timeout=600000"]);
    let held = service.hold();
    service.process().signal(libc::SIGTERM);
    service.process().wait_line("event Stopping", PATIENCE);
    let started = Instant::now();
    // An operator who insists: a signal within a second of the first counts as the same.
    wait_until("the end", PATIENCE, || {
        if service.process().status().is_none() && started.elapsed() > Duration::from_secs(1) {
            service.process().signal(libc::SIGTERM);
        }
        service.process().status().is_some()
    });
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGTERM));
    drop(held);
    deployment.finish();
}

/// An operator's mistake, made while an upgrade is on probation and serves well.
#[test]
fn while_one_child_of_an_executable_serves_another_condemns_nothing() {
    let (deployment, source) = deployed("condemned", "version=1");
    let second = deployment.release("version=2 fails_while_broken");
    let service = deployment.start([source.as_str(), "probation=5000", "events"]);
    publish(&deployment, &second);
    service.wait_version(2);
    fs::write(deployment.sandbox().join("broken"), "").unwrap();
    service.restart();
    service.process().wait_line("v2 finds something broken", PATIENCE);
    service.wait_warning(&["exited with code 1"]);
    fs::remove_file(deployment.sandbox().join("broken")).unwrap();
    service.is_version(2);
    service.process().wait_line("event Committed", PATIENCE);
    assert_eq!(deployment.installed(), second.id());
    assert!(!refused(&service), "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}
