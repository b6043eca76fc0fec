//! Prints what the demo shows.

use super::clients::Done;
use super::story::Row;
use super::tally::Tally;
use std::io::{Write, stdout};
use xtask_support::style;

/// So many losses are listed one by one; the sum appears at the end.
const LOSSES: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Transcript {
    losses: usize,
    unseen: bool,
}

impl Transcript {
    /// What the demo itself does, and begins a new paragraph with.
    pub(super) fn heading(&mut self, text: &str) {
        self.print(&format!("\n{}", style::heading(text)));
    }

    pub(super) fn show(&mut self, shown: &Row) {
        self.print(&row(shown));
    }

    /// A line that is none of those the app should print.
    pub(super) fn other(&mut self, line: &str) {
        self.print(line);
    }

    pub(super) fn aside(&mut self, line: &str) {
        self.print(&style::faint(line));
    }

    pub(super) fn loss(&mut self, done: &Done) {
        let Err(reason) = &done.outcome else { return };
        self.losses += 1;
        if self.losses <= LOSSES {
            self.print(&style::bad(&format!("lost: {}: {reason}", done.kind)));
        }
        if self.losses == LOSSES {
            self.print(&style::bad("lost: further ones are only counted"));
        }
    }

    /// The number of requests that were lost.
    pub(super) fn losses(&self) -> usize {
        self.losses
    }

    /// The summary at the end.
    pub(super) fn summary(&mut self, tally: &Tally) {
        self.print(&format!("\n{tally}"));
    }

    /// The output has no reader any more.
    pub(super) fn unseen(&self) -> bool {
        self.unseen
    }

    fn print(&mut self, text: &str) {
        self.unseen |= writeln!(stdout(), "{text}").is_err();
    }
}

fn row(Row { line, slow }: &Row) -> String {
    let name = style::tinted(line.version, &format!("app#{}", line.version));
    let id = style::faint(&format!("({})", line.id));
    let mark = slow.map(|took| style::heading(&format!("  (slow: {:.1} s)", took.as_secs_f64())));
    format!("{name} {id} {}{}", line.says, mark.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::line::{HELLO, Line};
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_slow_answer_is_marked_behind_the_line() {
        let line = Line { version: 2, id: "c7".repeat(20), says: HELLO.to_owned() };
        let prompt = format!("app#2 ({}) says hello", "c7".repeat(20));
        assert_eq!(row(&Row { line: line.clone(), slow: None }), prompt);
        let slow = Some(Duration::from_millis(2013));
        assert_eq!(row(&Row { line, slow }), format!("{prompt}  (slow: 2.0 s)"));
    }
}
