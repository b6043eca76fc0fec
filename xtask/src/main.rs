//! The project's own tasks. `cargo xtask` without arguments lists them.
//!
//! Every task is a function in a file of its own; `ci` strings the checks together. What a task
//! prints is meant for a person, and the exit code is zero only if everything held.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these tasks talk to a person at a terminal"
)]

mod api;
mod ci;
mod cli;
mod cost;
mod deny;
mod features;
mod follow;
mod lint;
mod package;
mod program;
mod python;
mod rust_version;
mod semver;
mod spelling;
mod step;
mod targets;
mod test;
mod tidy;

use cli::Task;
use std::process::ExitCode;
use xtask_support::{apt, command, crates, needs, style, task, workspace};

fn main() -> ExitCode {
    let task = match cli::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(complaint) => return task::misunderstood(&complaint, cli::HELP),
    };
    task::end(match task {
        Task::Help => {
            println!("{}", cli::HELP);
            Ok(())
        }
        Task::Test(args) => test::run(&args),
        Task::Ci(steps) => ci::run(&steps),
        Task::Program(package, args) => program::become_it(package, &args),
        Task::Cost(features) => cost::run(&features),
        Task::Tidy => tidy::run(),
    })
}
