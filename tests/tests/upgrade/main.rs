//! Tests of upgrades: a service replaces itself while clients call it, with real processes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a panic is the report; lines for operators are shown to be read"
)]

mod bad_executables;
mod before_run;
mod by_hand;
mod documented;
mod forgiven;
mod instances;
mod loader;
mod manifest;
mod marker;
mod noted;
mod observed;
mod operator;
mod options;
mod packed;
mod releases;
mod reported_events;
mod rollback;
mod rotation;
mod several_masters;
mod signed;
mod terminated;
mod tool;
mod trials;
mod update;

use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::{Deployment, Service};

const APP: &str = env!("CARGO_BIN_EXE_upgradable");
const PREVIOUS: &str = ".app.selfup-previous";
/// There while an upgrade is on trial, one for each master.
const TRIAL: &str = ".app.selfup-trial-*";
/// There while an upgrade is on trial, and once one has failed.
const RECORD: &str = ".app.selfup-record";

/// A deployment in which version 1 is installed.
fn deployed(name: &str) -> (Deployment, Release) {
    Deployment::with(name, APP, "version=1")
}

/// Starts it, and lets version 2 from there replace what is installed for good.
fn replaced(deployment: &Deployment, origin: &Origin) -> (Service, Release) {
    let second = deployment.release("version=2");
    publish(origin, &second);
    let service = deployment.start([&http(origin)[..], "probation=50", "events"]);
    service.wait_version(2);
    service.process().wait_line("event Committed", PATIENCE);
    (service, second)
}

fn publish(origin: &Origin, release: &Release) {
    origin.offer("/app", Offer::Whole(release.bytes()));
}

/// The argument that makes the program fetch what is published there.
fn http(origin: &Origin) -> String {
    format!("http={}", origin.url("/app"))
}
