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

mod apt;
mod bench;
mod ci;
mod cli;
mod command;
mod cost;
mod crates;
mod demo;
mod deny;
mod features;
mod lint;
mod needs;
mod package;
mod python;
mod rust_version;
mod soak;
mod spelling;
mod step;
mod style;
mod test;
mod tidy;
mod workspace;

use cli::Task;
use std::process::ExitCode;

fn main() -> ExitCode {
    let task = match cli::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(complaint) => {
            eprintln!("xtask: {complaint}\n\n{}", cli::HELP);
            return ExitCode::from(2);
        }
    };
    let outcome = match task {
        Task::Help => {
            println!("{}", cli::HELP);
            Ok(())
        }
        Task::Test(args) => test::run(&args),
        Task::Demo(options) => demo::run(options),
        Task::Ci(steps) => ci::run(&steps),
        Task::Bench(options) => bench::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Cost(features) => cost::run(&features),
        Task::Tidy => tidy::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{} {failure}", style::bad("xtask:"));
            ExitCode::FAILURE
        }
    }
}
