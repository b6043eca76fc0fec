//! The tests that need real processes: each case starts this program again in a role, or another
//! program.
//!
//! They do not use libtest, because a child has to inherit before a thread exists. An argument
//! without a dash selects the cases whose name contains it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test starts processes, and says what is wrong by failing"
)]

mod activation;
mod collisions;
mod inheriting;
mod machines;
mod passing;
mod peers;
mod process;
mod refusals;
mod roles;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// A case: a name and what is done.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_default();
    if let Some(role) = first.strip_prefix("role:") {
        roles::play(role, arguments);
        return ExitCode::SUCCESS;
    }
    process::close_strays_on_exec();

    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut cases: Vec<Case> = [
        activation::CASES,
        collisions::CASES,
        inheriting::CASES,
        machines::CASES,
        passing::CASES,
        peers::CASES,
        refusals::CASES,
    ]
    .concat();
    cases.retain(|(name, _)| filter.as_ref().is_none_or(|part| name.contains(part)));
    if std::env::args().any(|argument| argument == "--list") {
        cases.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let failed: Vec<&str> =
        cases.iter().filter(|(name, case)| !passes(name, *case)).map(|(name, _)| *name).collect();
    println!("\n{} passed; {} failed {failed:?}", cases.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn passes(name: &str, case: fn()) -> bool {
    let before = process::own_fds();
    let mut passed = catch_unwind(AssertUnwindSafe(case)).is_ok();
    let after = process::own_fds();
    if passed && before != after {
        eprintln!("left fds behind: {before:?} before, {after:?} after");
        passed = false;
    }
    println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
    passed
}
