//! Tests of the life of a master and its children, from start to end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod connections;
mod control;
mod ends;
mod inheritance;
mod judgement;
mod leaks;
mod notify;
mod orphan;
mod pid_file;
mod prefork;
mod protocol;
mod readiness;
mod readme;
mod respawn;
mod serving;
mod startup;

use selfup_tests::release::Release;
use selfup_tests::service::Deployment;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// A deployment in which version 1 is installed.
fn deployed(name: &str) -> (Deployment, Release) {
    Deployment::with(name, APP, "version=1")
}
