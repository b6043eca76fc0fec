//! Nothing is lost when a child takes over from another, whatever the clients do at that moment;
//! and a child that gets it wrong is caught.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use selfup_tests::{
    load::{Config, Lane, Load, Loss, Report},
    sandbox::{PATIENCE, Process, Sandbox, children_of, tcp_listeners, wait_for, wait_until},
};

const RESTARTS: usize = 20;

/// All kinds of clients at once.
fn clients(server: SocketAddr) -> Config {
    Config::new(server)
        .timeout(Duration::from_secs(20))
        .lane(Lane::new("new").rate(200.0))
        .lane(Lane::new("kept").rate(200.0).keep_alive(16))
        .lane(Lane::new("posted").rate(100.0).keep_alive(8).path("/echo").post(2000))
        .lane(Lane::new("slow").rate(10.0).path("/slow?ms=500"))
        .lane(Lane::new("slow and kept").rate(5.0).keep_alive(8).path("/slow?ms=300"))
}

/// Restarts under load, each time as soon as the new child answers.
fn restart_under_load(
    process: &Process,
    config: impl Fn(SocketAddr) -> Config,
    restarts: usize,
) -> Report {
    let server = process.wait_listening(PATIENCE);
    let load = Load::start(config(server));
    restart(process, restarts, || load.report_so_far().answered());
    load.stop()
}

/// Restarts, each time as soon as the new child is there and clients are answered again.
fn restart(process: &Process, restarts: usize, answers: impl Fn() -> u64) {
    wait_until("the first answer", PATIENCE, || answers() > 0);
    let mut seen: BTreeSet<u32> = children_of(process.pid()).into_iter().collect();
    for _ in 0..restarts {
        process.signal(libc::SIGUSR2);
        let new = wait_for("a new child", PATIENCE, || {
            children_of(process.pid()).into_iter().find(|child| !seen.contains(child))
        });
        seen.insert(new);
        let answered = answers();
        // Whoever answers: the next restart waits by itself until this one is done.
        wait_until("more answers", PATIENCE, || answers() > answered + 50);
    }
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
}

fn axum(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_axum-example"), "axum"));
    command.args(["--address", "127.0.0.1:0"]);
    sandbox.start(command)
}

fn hyper(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_hyper-example"), "hyper"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn actix(sandbox: &Sandbox) -> Process {
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_actix-example"), "actix"));
    command.arg("127.0.0.1:0");
    sandbox.start(command)
}

fn broken(sandbox: &Sandbox, mode: &str) -> Process {
    let program = sandbox.copy(env!("CARGO_BIN_EXE_breaks_handover"), "broken");
    let mut command = Command::new(program);
    command.args([mode, "127.0.0.1:0"]);
    sandbox.start(command)
}

fn stop(process: &Process) {
    process.signal(libc::SIGTERM);
    process.wait(PATIENCE);
}

#[test]
fn axum_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-axum");
    sandbox.expect_files(["axum"]);
    loses_nothing_in_20_restarts(axum(&sandbox));
    sandbox.finish();
}

#[test]
fn hyper_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-hyper");
    sandbox.expect_files(["hyper"]);
    loses_nothing_in_20_restarts(hyper(&sandbox));
    sandbox.finish();
}

#[test]
fn actix_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-actix");
    sandbox.expect_files(["actix"]);
    loses_nothing_in_20_restarts(actix(&sandbox));
    sandbox.finish();
}

fn loses_nothing_in_20_restarts(process: Process) {
    let report = restart_under_load(&process, clients, RESTARTS);
    stop(&process);
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.pids().len() > RESTARTS, "every child answered:\n{report}");
    for lane in &report.lanes {
        assert!(lane.answered > 0, "{}:\n{report}", lane.name);
    }
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
}

#[test]
fn axum_answers_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-axum");
    sandbox.expect_files(["axum"]);
    answers_a_connection_that_was_silent(axum(&sandbox), lets_go_of_the_socket);
    sandbox.finish();
}

#[test]
fn hyper_answers_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-hyper");
    sandbox.expect_files(["hyper"]);
    answers_a_connection_that_was_silent(hyper(&sandbox), lets_go_of_the_socket);
    sandbox.finish();
}

#[test]
fn actix_answers_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-actix");
    sandbox.expect_files(["actix"]);
    // It keeps the socket until it stops, and does not watch it any more.
    answers_a_connection_that_was_silent(actix(&sandbox), |_| ());
    sandbox.finish();
}

fn answers_a_connection_that_was_silent(process: Process, old_child_at_first: impl Fn(u32)) {
    let server = process.wait_listening(PATIENCE);
    let mut silent = TcpStream::connect(server).unwrap();
    // A later one is answered, so the child has accepted the silent one, too.
    let mut kept = TcpStream::connect(server).unwrap();
    let old_child = children_of(process.pid())[0];
    let old = format!("pid={old_child} ");
    assert!(ask(&mut kept).contains(&old));
    assert_eq!(tcp_listeners(old_child), [server]);
    process.signal(libc::SIGUSR2);
    wait_until("an answer of the new child", PATIENCE, || {
        !ask(&mut TcpStream::connect(server).unwrap()).contains(&old)
    });
    old_child_at_first(old_child);
    wait_until("the old child's farewell", PATIENCE, || says_farewell(&ask(&mut kept)));
    let answer = ask(&mut silent);
    assert!(answer.contains(&old) && says_farewell(&answer), "{answer:?}");
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
    stop(&process);
}

/// Else each connection that comes for the new child wakes the old one, too.
fn lets_go_of_the_socket(old_child: u32) {
    wait_until("the old child to let go of the socket", PATIENCE, || {
        tcp_listeners(old_child).is_empty()
    });
}

fn says_farewell(answer: &str) -> bool {
    answer.to_ascii_lowercase().contains("connection: close")
}

/// Everything that comes back until the first line after the head.
fn ask(connection: &mut TcpStream) -> String {
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let (mut answer, mut part) = (String::new(), [0; 1024]);
    while !answer.ends_with(")\n") {
        let read = connection.read(&mut part).unwrap();
        if read == 0 {
            break;
        }
        answer.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    answer
}

#[test]
fn tonic_loses_no_call_in_20_restarts() {
    let sandbox = Sandbox::new("handover-tonic");
    sandbox.expect_files(["tonic"]);
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_tonic-example"), "tonic"));
    command.arg("127.0.0.1:0");
    let process = sandbox.start(command);
    let server = process.wait_listening(PATIENCE);
    let (answered, leaving) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let callers: Vec<_> = (0..8)
        .map(|_| runtime.spawn(call(server, Arc::clone(&answered), Arc::clone(&leaving))))
        .collect();
    restart(&process, RESTARTS, || answered.load(Ordering::SeqCst));
    leaving.store(true, Ordering::SeqCst);
    for caller in callers {
        runtime.block_on(caller).unwrap().expect("every call is answered");
    }
    drop(runtime);
    stop(&process);
    sandbox.finish();
}

/// The channel took the call while its connection was told to go away, so that no server saw it.
/// None can help that; tonic leaves it to the caller to repeat the call.
fn was_seen_by_no_server(status: &tonic::Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if error.downcast_ref().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_go_away()
                && error.is_remote()
                && error.reason() == Some(h2::Reason::NO_ERROR);
        }
        cause = error.source();
    }
    false
}

/// One call after the other on a channel of its own, until it is time to leave, or to the first
/// failure.
async fn call(
    server: SocketAddr,
    answered: Arc<AtomicU64>,
    leaving: Arc<AtomicBool>,
) -> Result<(), tonic::Status> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{server}")).unwrap();
    let channel = endpoint.timeout(PATIENCE).connect_lazy();
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
    while !leaving.load(Ordering::SeqCst) {
        match client.check(tonic_health::pb::HealthCheckRequest::default()).await {
            Ok(_) => answered.fetch_add(1, Ordering::SeqCst),
            Err(status) if was_seen_by_no_server(&status) => continue,
            Err(status) => return Err(status),
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[test]
fn plain_std_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-std");
    sandbox.expect_files(["hello"]);
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_hello-example"), "hello"));
    command.arg("127.0.0.1:0");
    let process = sandbox.start(command);
    let clients = |server| {
        Config::new(server)
            .timeout(Duration::from_secs(20))
            .lane(Lane::new("new").rate(200.0))
            .lane(Lane::new("kept").rate(200.0).keep_alive(16))
    };
    let report = restart_under_load(&process, clients, RESTARTS);
    stop(&process);
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    sandbox.finish();
}

#[test]
fn stopping_gracefully_loses_no_request_that_was_sent() {
    let sandbox = Sandbox::new("handover-stop");
    sandbox.expect_files(["axum"]);
    let process = axum(&sandbox);
    let server = process.wait_listening(PATIENCE);
    let slow = || Lane::new("slow").path("/slow?ms=1000").rate(1000.0).limit(5);
    let load = Load::start(Config::new(server).timeout(PATIENCE).lane(slow()));
    wait_until("five requests under way", PATIENCE, || load.report_so_far().sent() == 5);
    // The last one may be written and not accepted yet.
    wait_until("five connections accepted", PATIENCE, || {
        let child = children_of(process.pid())[0];
        let sockets = selfup_tests::sandbox::fds_of(child);
        let connections =
            sockets.iter().filter(|(_, path)| path.to_string_lossy().starts_with("socket:"));
        connections.count() >= 7 // and the listener, and the control channel
    });
    process.signal(libc::SIGTERM);
    let report = load.finish();
    assert_eq!((report.answered(), report.lost()), (5, 0), "{report}");
    assert!(process.wait(PATIENCE).success());
    sandbox.finish();
}

#[test]
fn a_child_that_exits_with_requests_open_is_caught() {
    let sandbox = Sandbox::new("handover-exits");
    sandbox.expect_files(["broken"]);
    let process = broken(&sandbox, "exits");
    let report = restart_under_load(&process, clients, 3);
    stop(&process);
    assert!(report.lost() > 0, "{report}");
    sandbox.finish();
}

#[test]
fn a_child_that_shuts_the_socket_of_all_is_caught() {
    let sandbox = Sandbox::new("handover-shuts");
    sandbox.expect_files(["broken"]);
    let process = broken(&sandbox, "shuts");
    let server = process.wait_listening(PATIENCE);
    let load = Load::start(clients(server));
    wait_until("the first answer", PATIENCE, || load.report_so_far().answered() > 0);
    process.signal(libc::SIGUSR2);
    wait_until("a refused connection", PATIENCE, || {
        load.report_so_far().lost_by(Loss::Refused) > 0
    });
    drop(load);
    stop(&process);
    sandbox.finish();
}
