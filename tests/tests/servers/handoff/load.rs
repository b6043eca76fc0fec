//! Tests that no request is lost in handoffs under load.
//!
//! `cargo test --workspace --test servers -- --ignored handoff` restarts as often where the suite does so less often.

use super::Server;
use crate::handover::{Callers, clients};
use selfup_tests::{
    load::{Config, Lane, Load},
    sandbox::{PATIENCE, Sandbox, wait_until},
};
use std::{net::SocketAddr, time::Duration};

const RESTARTS: usize = 20;

/// A process that comes back has to finish its connections first: each handoff takes the idle grace.
const FEW: usize = 4;

/// Hands over so many times, each time after further responses.
fn hand_over_often(server: &mut Server, restarts: usize, answered: impl Fn() -> u64) {
    wait_until("the first answer", PATIENCE, || answered() > 0);
    for _ in 0..restarts {
        match server.double {
            true => server.hand_over(),
            false => server.hand_over_early(),
        }
        let before = answered();
        wait_until("more answers", PATIENCE, || answered() > before + 50);
    }
}

fn loses_nothing(name: &str, words: &str, restarts: usize, clients: fn(SocketAddr) -> Config) {
    let sandbox = Sandbox::new(name);
    let mut server = Server::start(&sandbox, words);
    let load = Load::start(clients(server.address));
    hand_over_often(&mut server, restarts, || load.report_so_far().answered());
    let report = load.stop();
    server.stop();
    assert_eq!(report.lost(), 0, "{report}");
    assert!(report.pids().len() > restarts, "every process answered:\n{report}");
    assert!(report.moved() > 0, "kept connections went over:\n{report}");
    sandbox.finish();
}

fn loses_no_call(name: &str, words: &str, restarts: usize) {
    let sandbox = Sandbox::new(name);
    let mut server = Server::start(&sandbox, words);
    let callers = Callers::start(server.address);
    hand_over_often(&mut server, restarts, || callers.answered());
    callers.lost_nothing();
    server.signal(nix::sys::signal::Signal::SIGQUIT);
    wait_until("the service to end", PATIENCE, || super::has_ended(server.serves));
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

#[test]
fn hyper_loses_nothing() {
    loses_nothing("handoff-single-hyper", "single hyper", FEW, clients);
    loses_nothing("handoff-double-hyper", "double hyper", FEW, clients);
}

#[test]
fn tonic_loses_no_call() {
    loses_no_call("handoff-single-tonic", "single tonic", FEW);
    loses_no_call("handoff-double-tonic", "double tonic", FEW);
}

#[test]
#[ignore = "takes minutes"]
fn all_lose_nothing_in_20_restarts() {
    loses_nothing("handoff-single-hyper", "single hyper", RESTARTS, clients);
    loses_nothing("handoff-double-hyper", "double hyper", RESTARTS, clients);
    loses_no_call("handoff-single-tonic", "single tonic", RESTARTS);
    loses_no_call("handoff-double-tonic", "double tonic", RESTARTS);
    loses_nothing("handoff-double-actix", "double actix", RESTARTS, clients);
    loses_nothing("handoff-double-std", "double std", RESTARTS, without_slow);
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
