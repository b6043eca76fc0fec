//! Tests all kinds of clients at once, and restarts under their load.

use std::{net::SocketAddr, process::Command, time::Duration};

use selfup_tests::{
    load::{Config, Lane, Load, Loss, Report},
    open_requests::OpenRequests,
    sandbox::{PATIENCE, Process, Sandbox, wait_until},
};

use super::{RESTARTS, actix, axum, hello, hyper, restart, stop};

/// All kinds of clients at once.
pub(crate) fn clients(server: SocketAddr) -> Config {
    Config::new(server)
        .timeout(Duration::from_secs(20))
        .lane(Lane::new("new").rate(200.0))
        .lane(Lane::new("kept").rate(200.0).keep_alive(16))
        .lane(Lane::new("posted").rate(100.0).keep_alive(8).path("/echo").post(2000))
        .lane(Lane::new("slow").rate(10.0).path("/slow?ms=500"))
        .lane(Lane::new("slow and kept").rate(5.0).keep_alive(8).path("/slow?ms=300"))
}

/// Restarts under load, each time as soon as the new child responds.
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

fn broken(sandbox: &Sandbox, mode: &str) -> Process {
    let program = sandbox.copy(env!("CARGO_BIN_EXE_breaks_handover"), "broken");
    let mut command = Command::new(program);
    command.args([mode, "127.0.0.1:0"]);
    sandbox.start(command)
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

pub(super) fn loses_nothing_in_20_restarts(process: Process) {
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
fn plain_std_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-std");
    sandbox.expect_files(["hello"]);
    let process = hello(&sandbox);
    let clients = |server| {
        Config::new(server)
            .timeout(Duration::from_secs(20))
            .lane(Lane::new("new").rate(200.0))
            .lane(Lane::new("kept").rate(200.0).keep_alive(16))
            .lane(Lane::new("posted").rate(100.0).keep_alive(8).post(20_000))
    };
    let report = restart_under_load(&process, clients, RESTARTS);
    stop(&process);
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    sandbox.finish();
}

/// A server without connections ends at once when it is to drain, and must have none that
/// it is just accepting.
#[test]
fn axum_loses_nothing_where_no_connection_is_kept() {
    let sandbox = Sandbox::new("handover-new");
    sandbox.expect_files(["axum"]);
    let process = axum(&sandbox);
    let clients = |server| Config::new(server).lane(Lane::new("new").rate(2000.0).at_once(64));
    let report = restart_under_load(&process, clients, 150);
    stop(&process);
    assert_eq!(report.lost(), 0, "{report}");
    sandbox.finish();
}

#[test]
fn stopping_gracefully_loses_no_request_that_is_open() {
    let sandbox = Sandbox::new("handover-stop");
    sandbox.expect_files(["axum"]);
    let process = axum(&sandbox);
    let requests = OpenRequests::start(process.wait_listening(PATIENCE), 5);
    process.signal(libc::SIGTERM);
    requests.wait_for_the_drain();
    let (responses, errors) = requests.finish();
    assert_eq!(responses, 5, "{errors:?}");
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
