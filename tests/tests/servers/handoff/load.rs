//! Tests that no request is lost in handoffs under load.

use super::Server;
use crate::handover::clients;
use selfup_tests::{
    load::{Config, Lane, Load},
    sandbox::{PATIENCE, Sandbox, wait_until},
};
use std::{net::SocketAddr, time::Duration};

const RESTARTS: usize = 20;

/// A process that comes back has to finish its connections first: each handoff takes the idle grace.
const FEW: usize = 4;

fn loses_nothing(name: &str, words: &str, restarts: usize, clients: fn(SocketAddr) -> Config) {
    let sandbox = Sandbox::new(name);
    let mut server = Server::start(&sandbox, words);
    let load = Load::start(clients(server.address));
    wait_until("the first answer", PATIENCE, || load.report_so_far().answered() > 0);
    for _ in 0..restarts {
        match server.double {
            true => server.hand_over(),
            false => server.hand_over_early(),
        }
        let answered = load.report_so_far().answered();
        wait_until("more answers", PATIENCE, || load.report_so_far().answered() > answered + 50);
    }
    let report = load.stop();
    server.stop();
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.pids().len() > restarts, "every process answered:\n{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    sandbox.finish();
}

#[test]
fn single_loses_nothing_with_axum_in_20_restarts() {
    loses_nothing("handoff-single-axum", "single axum", RESTARTS, clients);
}

#[test]
fn double_loses_nothing_with_axum_in_20_restarts() {
    loses_nothing("handoff-double-axum", "double axum", RESTARTS, clients);
}

#[test]
fn single_loses_nothing_with_actix_in_20_restarts() {
    loses_nothing("handoff-single-actix", "single actix", RESTARTS, clients);
}

#[test]
fn double_loses_nothing_with_actix() {
    loses_nothing("handoff-double-actix", "double actix", FEW, clients);
}

fn without_slow(server: SocketAddr) -> Config {
    Config::new(server)
        .timeout(Duration::from_secs(20))
        .lane(Lane::new("new").rate(200.0))
        .lane(Lane::new("kept").rate(200.0).keep_alive(16))
        .lane(Lane::new("posted").rate(100.0).keep_alive(8).post(20_000))
}

#[test]
fn both_lose_nothing_with_std() {
    loses_nothing("handoff-single-std", "single std", RESTARTS, without_slow);
    loses_nothing("handoff-double-std", "double std", FEW, without_slow);
}
