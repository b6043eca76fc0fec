//! Runs the steps that only compile beside those that mostly wait.

use crate::command::{Failure, Result, program};
use crate::follow::follow;
use crate::step::{Finished, Step, seconds};
use crate::style;
use crate::workspace::Workspace;
use std::process::Command;
use std::thread;
use std::time::Instant;

/// Runs both rows at the same time, each one step after the other, and shows what a step has printed
/// when it has ended.
///
/// What compiles steps back for what runs: it is nicer to other processes, and it has a folder of its
/// own, since cargo locks the folder in which it builds.
pub(super) fn run(compile: &[Step], run: &[Step]) -> Result<Vec<Finished>> {
    let task = std::env::current_exe()
        .map_err(|error| Failure::new(format!("could not find this program: {error}")))?;
    let task = task.to_string_lossy().into_owned();
    let folder = Workspace::load()?.target().join("checks");
    let niced = |step: &Step| {
        let mut command = program("nice", &["-n", "10", &task, "ci", step.name]);
        command.env("CARGO_TARGET_DIR", &folder);
        command
    };
    let plain = |step: &Step| program(&task, &["ci", step.name]);
    Ok(thread::scope(|scope| {
        let compiled = scope.spawn(|| lane(compile, niced));
        let mut finished = lane(run, plain);
        finished.extend(compiled.join().unwrap_or_default());
        finished
    }))
}

fn lane(steps: &[Step], command: impl Fn(&Step) -> Command) -> Vec<Finished> {
    steps.iter().map(|step| one(step, command(step))).collect()
}

fn one(step: &Step, mut command: Command) -> Finished {
    println!("\n{} begins; its output follows when it has ended", style::heading(step.name));
    let start = Instant::now();
    let mut output = String::new();
    let end = follow(&mut command, |line| {
        output.push_str(line);
        output.push('\n');
    });
    let took = start.elapsed();
    println!("{output}");
    let outcome = match end {
        Ok(end) if end.success() => Ok(()),
        Ok(_) => Err(Failure::new("its output is above")),
        Err(error) => Err(Failure::new(format!("could not be run: {error}"))),
    };
    if let Err(failure) = &outcome {
        println!("{} after {}: {failure}", style::bad(step.name), seconds(took));
    }
    Finished { name: step.name, took, outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str) -> Step {
        Step { name, what: "", run: || Ok(()) }
    }

    #[test]
    fn a_step_that_fails_stops_no_later_one() {
        let steps = [step("exit 3"), step("exit 0")];
        let finished = lane(&steps, |step| program("sh", &["-c", step.name]));
        let outcomes: Vec<bool> = finished.iter().map(|it| it.outcome.is_ok()).collect();
        assert_eq!(outcomes, [false, true]);
    }

    #[test]
    fn a_step_that_cannot_be_started_fails() {
        let finished = one(&step("any"), program("/no/such/program", &[]));
        assert!(finished.outcome.is_err());
    }
}
