//! Runs an init, such as systemd, as process 1 of namespaces in which it cannot touch the host.
//!
//! `guest outside FOLDER WITHOUT INIT…`, in a mount namespace of its own, makes a cgroup and starts
//! `unshare`, which starts `guest inside` as process 1. That one covers or protects every file
//! system, looks whether it is so, and becomes INIT; if anything is missing, it says what and does
//! not. FOLDER alone can be written, at its own path. WITHOUT names a [`Part`](prepare::Part) of the
//! preparation to leave out, to see that INIT is not started then; `nothing` is the normal case.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic is the report, and the test reads what it prints"
)]

mod cgroup;
mod host;
mod inside;
mod isolation;
mod mounts;
mod outside;
mod prepare;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["outside", folder, without, init @ ..] => outside::start(folder, without, init),
        ["inside", host, folder, without, init @ ..] => inside::become_init(
            &host.parse().unwrap(),
            folder.as_ref(),
            without.parse().unwrap(),
            init,
        ),
        _ => panic!("usage: guest outside FOLDER WITHOUT INIT…"),
    }
}
