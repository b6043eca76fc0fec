//! Writes the results as Markdown, to be pasted.

use super::figures::{Figures, Quantiles};
use super::silent::{CLIENTS, SILENCE};
use super::trial::{AROUND, IDLE, KEPT, STEADY, Trial};
use super::{Options, Outcome};
use selfup_load::Loss;
use std::fmt::{self, Write};
use std::time::Duration;

/// Losses that have a column of their own.
const KINDS: [(Loss, &str); 5] = [
    (Loss::Refused, "refused"),
    (Loss::Reset, "reset"),
    (Loss::Closed, "closed unanswered"),
    (Loss::Truncated, "truncated"),
    (Loss::TimedOut, "timed out"),
];

pub(super) fn markdown(outcomes: &[Outcome], options: &Options) -> String {
    let mut text = String::new();
    // A string takes all that is written to it.
    write_all(&mut text, outcomes, options).unwrap_or_default();
    text
}

fn write_all(text: &mut String, outcomes: &[Outcome], options: &Options) -> fmt::Result {
    let measured = || {
        let trials =
            outcomes.iter().filter_map(|outcome| Some((outcome, outcome.trial.as_ref().ok()?)));
        trials.map(|(outcome, trial)| (outcome.peer.name, trial, Figures::of(trial)))
    };
    writeln!(
        text,
        "{} restarts under {} requests/s: a fifth on connections of their own, two fifths GET and \
         two fifths POST on {KEPT} kept connections each.\n",
        options.restarts, options.rate
    )?;

    write!(text, "| system | restarts | sent | **lost** |")?;
    KINDS.iter().try_for_each(|(_, name)| write!(text, " {name} |"))?;
    writeln!(text, " other | kept connections moved |\n|---|{}", "--:|".repeat(4 + KINDS.len()))?;
    for Outcome { peer, trial } in outcomes {
        let name = peer.name;
        let trial = match trial {
            Ok(trial) => trial,
            Err(reason) => {
                let empty = " |".repeat(4 + KINDS.len());
                writeln!(text, "| {name} | missing: {} |{empty}", cell(reason))?;
                continue;
            }
        };
        let figures = Figures::of(trial);
        let (restarts, lost) = (trial.handovers.len(), figures.lost());
        write!(text, "| {name} | {restarts} | {} | **{lost}** |", figures.sent)?;
        let of = |loss: &Loss| figures.losses.get(loss).copied().unwrap_or_default();
        KINDS.iter().try_for_each(|(loss, _)| write!(text, " {} |", of(loss)))?;
        let rest = lost - KINDS.iter().map(|(loss, _)| of(loss)).sum::<u64>();
        writeln!(text, " {rest} | {} |", trial.report.moved())?;
    }

    writeln!(
        text,
        "\nLatency in ms from when a request was due: in the {STEADY:?} before the first restart, \
         and of what was due within {AROUND:?} of a signal to restart.\n"
    )?;
    let quantiles = ["p50", "p99", "p99.9", "max"];
    let columns = ["steady", "around"].map(|when| quantiles.map(|name| format!("{when} {name}")));
    writeln!(text, "| system | {} |\n|---|{}", columns.concat().join(" | "), "--:|".repeat(8))?;
    for (name, _, figures) in measured() {
        writeln!(text, "| {name} | {} | {} |", cells(figures.steady), cells(figures.around))?;
    }

    writeln!(
        text,
        "\nFrom the signal to the first answer of a new process and to the end of the last old \
         one, in ms; what stays beside the process that serves, in KiB, and how often it wakes in \
         {IDLE:?} without requests.\n"
    )?;
    writeln!(
        text,
        "| system | first answer, median | longest | old one gone, median | longest | resident \
         RSS | resident PSS | wake-ups | all processes PSS |\n|---|{}",
        "--:|".repeat(8)
    )?;
    for (name, trial, figures) in measured() {
        let times = [figures.first_response, figures.done];
        let times = times.map(|(median, max)| format!("{} | {}", ms(median), ms(max)));
        let (resident, all) = (resident(trial), trial.memory);
        writeln!(text, "| {name} | {} | {resident} | {all} |", times.join(" | "))?;
    }

    writeln!(
        text,
        "\nAt one more restart, without load: what came of {CLIENTS} clients that were connected, \
         had sent nothing yet, and sent their request {SILENCE:?} after the signal.\n"
    )?;
    writeln!(text, "| system | answered | lost | old one gone, in ms |\n|---|--:|--:|--:|")?;
    for (name, trial, _) in measured() {
        match trial.silent {
            Some(silent) => {
                let (answered, done) = (silent.answered, ms(silent.done));
                let lost = CLIENTS - answered;
                writeln!(text, "| {name} | {answered} | **{lost}** | {done} |")?;
            }
            None => writeln!(text, "| {name} | not asked | | |")?,
        }
    }

    writeln!(text, "\nHow each was used:\n")?;
    for Outcome { peer, trial } in outcomes {
        let (name, how) = (peer.name, peer.how);
        match trial {
            Ok(trial) if trial.version.is_empty() => writeln!(text, "- {name}: {how}")?,
            Ok(trial) => writeln!(text, "- {name} {}: {how}", trial.version)?,
            Err(reason) => writeln!(text, "- {name}: **missing**: {}", one_line(reason))?,
        }
        if let Ok(Trial { trouble: Some(trouble), handovers, .. }) = trial {
            let done = handovers.len();
            writeln!(text, "  - not restarted any more after {done}: {}", one_line(trouble))?;
        }
    }
    Ok(())
}

fn cells(quantiles: Quantiles) -> String {
    let Quantiles { p50, p99, p999, max } = quantiles;
    [p50, p99, p999, max].map(ms).join(" | ")
}

fn resident(trial: &Trial) -> String {
    trial.resident.map_or("none | none | none".to_owned(), |it| {
        format!("{} | {} | {}", it.memory.resident, it.memory.proportional, it.wakeups)
    })
}

/// Milliseconds with as many digits as mean something.
fn ms(duration: Duration) -> String {
    let value = duration.as_secs_f64() * 1e3;
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In one line, with nothing that ends a cell.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::peers;

    #[test]
    fn a_system_that_is_missing_is_reported_with_its_reason() {
        let peer = peers::named(&["nginx".to_owned()]).unwrap()[0];
        let trial = Err("nginx is not here\n(Debian package|source)".to_owned());
        let text = markdown(&[Outcome { peer, trial }], &Options::parse(&[]).unwrap());
        let heading = text.lines().find(|line| line.starts_with("| system |")).unwrap();
        let row = text.lines().find(|line| line.starts_with("| nginx |")).unwrap();
        assert!(row.contains("| missing: nginx is not here (Debian package\\|source) |"), "{row}");
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        assert_eq!(columns(row), columns(heading), "{row}");
        assert!(
            text.contains("- nginx: **missing**: nginx is not here (Debian package|source)"),
            "{text}"
        );
    }

    #[test]
    fn short_times_have_two_decimals() {
        assert_eq!(ms(Duration::from_micros(1234)), "1.23");
        assert_eq!(ms(Duration::from_micros(123_456)), "123");
    }
}
