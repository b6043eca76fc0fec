//! Tests of signals, from any sender and at any moment.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the report, and what it prints is read with it"
)]

mod job_control;
mod pressure;
mod races;
mod shell;
mod signals;
mod terminal;

use selfup_signals::Pid;
use selfup_tests::sandbox::{PATIENCE, state_of, wait_until};

fn is_stopped(pid: Pid) -> bool {
    state_of(pid.as_raw().unsigned_abs()) == Some('T')
}

fn wait_stopped<const N: usize>(pids: [Pid; N]) {
    wait_until(&format!("{pids:?} to be stopped"), PATIENCE, || pids.into_iter().all(is_stopped));
}

fn wait_going<const N: usize>(pids: [Pid; N]) {
    wait_until(&format!("{pids:?} to go on"), PATIENCE, || !pids.into_iter().any(is_stopped));
}
