//! Runs one step after another, each under a heading and timed; then prints a table of the results.

use crate::command::{Failure, Result};
use crate::style;
use std::time::{Duration, Instant};
pub(crate) use xtask_support::duration::seconds;

/// A named check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn() -> Result,
}

/// A check that has been made.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    pub(crate) outcome: Result,
}

/// Runs all steps, the later ones too when an earlier one failed: one run reports all that a change
/// breaks.
pub(crate) fn run_each<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<Finished> {
    steps.into_iter().map(run_one).collect()
}

/// The table, where there is more than one, and whether all held.
pub(crate) fn conclude(finished: Vec<Finished>) -> Result {
    if finished.len() > 1 {
        println!("\n{}", style::heading("── summary"));
        finished.iter().for_each(|step| println!("{}", row(step)));
    }
    match finished.iter().filter(|step| step.outcome.is_err()).count() {
        0 => Ok(()),
        n => Err(Failure::new(format!("{n} of {} steps failed", finished.len()))),
    }
}

fn run_one(step: &Step) -> Finished {
    println!("\n{} — {}", style::heading(&format!("── {}", step.name)), step.what);
    let start = Instant::now();
    let outcome = (step.run)();
    let took = start.elapsed();
    match &outcome {
        Ok(()) => println!("{} ({})", style::good(&format!("{}: ok", step.name)), seconds(took)),
        Err(failure) => {
            println!("{} ({})", style::bad(&format!("{}: failed", step.name)), seconds(took));
            println!("{failure}");
        }
    }
    Finished { name: step.name, took, outcome }
}

fn row(step: &Finished) -> String {
    let verdict = match &step.outcome {
        Ok(()) => style::good("ok    "),
        Err(_) => style::bad("FAILED"),
    };
    let row = format!("  {:<14}{verdict}{:>11}", step.name, seconds(step.took));
    match &step.outcome {
        Ok(()) => row,
        Err(failure) => format!("{row}   {}", first_line(failure)),
    }
}

/// The gist, short enough for a table: the whole is printed where the step ended.
fn first_line(failure: &Failure) -> String {
    const WIDTH: usize = 70;
    let line = failure.to_string().lines().next().unwrap_or_default().to_owned();
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_failed_step_stops_no_later_one_and_fails_the_whole() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        fn good() -> Result {
            RUNS.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        fn bad() -> Result {
            Err(Failure::new("no\nmore detail"))
        }
        let steps = [
            Step { name: "first", what: "fails", run: bad },
            Step { name: "second", what: "holds", run: good },
        ];
        let failure = conclude(run_each(&steps)).unwrap_err();
        assert_eq!(RUNS.load(Ordering::Relaxed), 1);
        assert_eq!(failure.to_string(), "1 of 2 steps failed");
        assert!(conclude(run_each(&steps[1..])).is_ok());
    }

    #[test]
    fn a_row_shows_the_first_line_of_the_reason() {
        let outcome = Err(Failure::new("clippy said no\n and why"));
        let row = row(&Finished { name: "clippy", took: Duration::from_millis(1500), outcome });
        assert!(row.contains("FAILED") && row.ends_with("clippy said no"), "{row}");
        assert_eq!(first_line(&Failure::new("ö".repeat(200))).chars().count(), 71);
    }
}
