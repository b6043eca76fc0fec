//! The main function of a task that is a program of its own.

use crate::command::Result;
use crate::style;
use std::process::ExitCode;

/// Reads the arguments, runs the task, and reports how it went, unless help is asked for: 2 stands for
/// arguments that the task does not accept, 1 for a task that did not hold.
pub fn main<O>(
    help: &str,
    parse: impl FnOnce(&[String]) -> Result<O, String>,
    run: impl FnOnce(O) -> Result,
) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{help}");
        return ExitCode::SUCCESS;
    }
    match parse(&arguments) {
        Ok(options) => end(run(options)),
        Err(complaint) => misunderstood(&complaint, help),
    }
}

/// How a task ends whose arguments make no sense.
pub fn misunderstood(complaint: &str, help: &str) -> ExitCode {
    eprintln!("xtask: {complaint}\n\n{help}");
    ExitCode::from(2)
}

/// How a task ends that was run.
pub fn end(outcome: Result) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{} {failure}", style::bad("xtask:"));
            ExitCode::FAILURE
        }
    }
}
