//! Tests that a child is ready when it can serve, and not before: if a program fails after it has taken
//! its socket, the old one goes on serving.

use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, state_of, udp_sockets, wait_for};
use selfup_tests::uninterrupted::uninterrupted;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Duration;

fn start(sandbox: &Sandbox, words: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serving"));
    command.args(words);
    sandbox.start(command)
}

fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

fn ask_by_datagram(address: SocketAddr) -> String {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.send_to(b"hello", address).unwrap();
    let mut response = [0; 64];
    let length = uninterrupted(|| client.recv(&mut response)).unwrap();
    String::from_utf8_lossy(&response[..length]).into_owned()
}

fn serves(master: &Process, words: &[&str], by: &str) {
    let response = if words[0].starts_with("udp") {
        let address =
            wait_for("the udp socket", PATIENCE, || udp_sockets(master.pid()).first().copied());
        ask_by_datagram(address)
    } else {
        ask(master.wait_listening(PATIENCE))
    };
    assert!(response.contains(by), "{by} is to answer, not {response}");
}

/// The program takes its socket, and what comes next takes long, or fails.
fn is_ready_when_it_serves(words: &[&str]) {
    let sandbox = Sandbox::new(&format!("serving-{}", words[0]));
    let master = start(&sandbox, words);
    master.wait_line("child #1 serves", PATIENCE);
    serves(&master, words, "#1");

    // The program has its socket, and goes on with its start.
    let gate = Gate::closed(&sandbox, "gate-2");
    let broken = sandbox.write("broken", "");
    master.signal(libc::SIGUSR2);
    master.wait_line("#2 took", PATIENCE);
    thread::park_timeout(Duration::from_millis(300));
    drop(gate.open());
    let failed =
        "child #2 exited with code 1 before it was ready; the one that serves goes on serving";
    master.wait_line(failed, PATIENCE);
    serves(&master, words, "#1");

    let gate = Gate::closed(&sandbox, "gate-3");
    fs::remove_file(broken).unwrap();
    master.signal(libc::SIGUSR2);
    master.wait_line("#3 took", PATIENCE);
    thread::park_timeout(Duration::from_millis(300));
    let early = master.lines().iter().any(|line| line.contains("child #3 serves"));
    assert!(!early, "it was ready while it could not serve");
    serves(&master, words, "#1");
    drop(gate.open());
    master.wait_line("child #3 serves", PATIENCE);
    master.wait_line("child #1 exited with code 0", PATIENCE);
    serves(&master, words, "#3");
    master.signal(libc::SIGTERM);
    assert_eq!(master.wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}

#[test]
fn by_the_connections_of_its_listener() {
    is_ready_when_it_serves(&["incoming"]);
}

#[test]
fn by_poll_on_its_listener() {
    is_ready_when_it_serves(&["poll"]);
}

#[test]
fn by_a_thread_that_accepts_from_the_socket_itself() {
    is_ready_when_it_serves(&["raw"]);
}

#[test]
fn by_a_listener_of_selfup_tokio() {
    is_ready_when_it_serves(&["tokio"]);
}

#[test]
fn by_axum() {
    is_ready_when_it_serves(&["axum"]);
}

#[test]
fn by_hyper() {
    is_ready_when_it_serves(&["hyper"]);
}

#[test]
fn by_selfup_actix() {
    is_ready_when_it_serves(&["actix"]);
}

#[test]
fn by_actix_alone() {
    is_ready_when_it_serves(&["actix-raw"]);
}

#[test]
fn by_a_listener_of_tokio_if_the_program_calls_ready() {
    is_ready_when_it_serves(&["tokio-raw", "says-ready"]);
}

#[test]
fn by_waiting_for_datagrams() {
    is_ready_when_it_serves(&["udp-recv"]);
}

#[test]
fn by_poll_for_datagrams() {
    is_ready_when_it_serves(&["udp-poll"]);
}

/// What tokio does with a socket says nothing about when it is served, so the program has to.
#[test]
fn for_a_program_that_does_not_call_ready_the_master_reports_what_is_missing() {
    let sandbox = Sandbox::new("serving-silent");
    let master = start(&sandbox, &["tokio-raw", "timeout=1000"]);
    let missing = "the program has taken \"http\" and does not accept there yet: if it is served by \
                   other means than selfup's, call State::ready when it is";
    master.wait_line(
        &format!("it is assumed to be, because no other child serves: {missing}"),
        PATIENCE,
    );
    master.signal(libc::SIGUSR2);
    let killed = format!("killed child #2: it was not ready within the ready timeout: {missing}");
    println!("{}", master.wait_line(&killed, PATIENCE));
    serves(&master, &["tokio-raw"], "#1");
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn a_socket_that_was_not_taken_is_named_when_a_child_is_late() {
    let sandbox = Sandbox::new("serving-two");
    let master = start(&sandbox, &["incoming", "two", "timeout=1000"]);
    let missing = "the program has not taken \"admin\": take it, drop it from the configuration, or \
                   call State::ready";
    master.wait_line(
        &format!("it is assumed to be, because no other child serves: {missing}"),
        PATIENCE,
    );
    master.signal(libc::SIGUSR2);
    let killed = format!("killed child #2: it was not ready within the ready timeout: {missing}");
    println!("{}", master.wait_line(&killed, PATIENCE));
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

/// The setting of one socket applies to that socket alone.
#[test]
fn one_socket_may_be_declared_as_accepting() {
    let sandbox = Sandbox::new("serving-accepting");
    let master = start(&sandbox, &["raw", "accepting"]);
    master.wait_line("child #1 serves", PATIENCE);
    serves(&master, &["raw"], "#1");
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

/// The queue to a master that does not read is full long before the program is ready.
#[test]
fn readiness_reaches_a_stopped_master_after_any_number_of_messages() {
    let sandbox = Sandbox::new("serving-statuses");
    let gate = Gate::closed(&sandbox, "gate-1");
    let master = start(&sandbox, &["incoming", "statuses", "timeout=60000"]);
    master.wait_line("#1 took", PATIENCE);
    master.signal(libc::SIGSTOP);
    let pid = master.pid();
    wait_for("the master to stop", PATIENCE, || (state_of(pid) == Some('T')).then_some(()));
    drop(gate.open());
    master.wait_line("#1 serves", PATIENCE);
    master.signal(libc::SIGCONT);
    master.wait_line("child #1 serves", PATIENCE);
    master.wait_line("child #1 reports: step 499", PATIENCE);
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn what_the_child_prepares_comes_before_any_thread() {
    let sandbox = Sandbox::new("serving-prepares");
    let master = start(&sandbox, &["incoming", "prepares"]);
    master.wait_line("child #1 serves", PATIENCE);
    master.wait_line("prepared with 1 thread", PATIENCE);
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    let master = start(&sandbox, &["incoming", "prepares-badly"]);
    master.wait_line("could not prepare this process for the program: no landlock here", PATIENCE);
    assert_eq!(master.wait(PATIENCE).code(), Some(1));
    sandbox.finish();
}

/// The variables of a child are for it alone, although its own children inherit them.
#[test]
fn another_program_that_main_starts_is_a_master_of_its_own() {
    let sandbox = Sandbox::new("serving-another");
    let program = env!("CARGO_BIN_EXE_serving");
    let master = start(&sandbox, &["incoming", &format!("starts={program}")]);
    let children_serve = || {
        let lines = master.lines();
        lines.iter().filter(|line| line.contains("child #1 serves")).count() == 2
    };
    master.wait_until("both to serve", PATIENCE, children_serve);
    // It has a master and a child, too, which the test finds by their argument.
    let others = || {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let is_other = |pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let in_here = fs::read_link(format!("/proc/{pid}/cwd"));
            line.ends_with(b"incoming\0other\0")
                && in_here.is_ok_and(|folder| folder == sandbox.path())
        };
        pids.filter(is_other).collect::<Vec<_>>()
    };
    assert_eq!(others().len(), 2);
    for pid in others() {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL).ok();
    }
    master.wait_until("the other one to be gone", PATIENCE, || others().is_empty());
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn incoming_waits_until_there_are_descriptors_again() {
    let sandbox = Sandbox::new("serving-few");
    let mut command = Command::new("sh");
    let script = format!("ulimit -n 64; exec {} incoming few", env!("CARGO_BIN_EXE_serving"));
    command.args(["-c", &script]);
    let master = sandbox.start(command);
    master.wait_line("child #1 serves", PATIENCE);
    let address = master.wait_listening(PATIENCE);
    let waiting = thread::spawn(move || ask(address));
    thread::park_timeout(Duration::from_millis(200));
    assert!(master.status().is_none() && !waiting.is_finished());
    sandbox.write("enough", "");
    assert!(waiting.join().unwrap().contains("#1"));
    master.signal(libc::SIGTERM);
    assert_eq!(master.wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}

#[test]
fn a_child_that_closes_its_control_channel_warns_before_it_ends() {
    let sandbox = Sandbox::new("serving-closes");
    let master = start(&sandbox, &["incoming", "closes", "terminate=1500"]);
    master.wait_line("child #1 serves", PATIENCE);
    serves(&master, &["incoming"], "#1");
    master.wait_line("#1 closed everything", PATIENCE);
    // The thread that receives from the master notices when it wakes up.
    master.signal(libc::SIGTERM);
    master.wait_line("the control channel was closed in this process", PATIENCE);
    master.wait_line("child #1 closed its control channel", PATIENCE);
    master.wait(PATIENCE);
    sandbox.finish();
}
