//! One line on a terminal that says what is going on.

use crate::style;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Moves to the start of the line, and clears it.
const CLEAR: &str = "\r\x1b[K";
/// A line that is too long is cut at the edge instead of wrapped: wrapped, it could not be cleared.
const NO_WRAP: (&str, &str) = ("\x1b[?7l", "\x1b[?7h");

const TURN: Duration = Duration::from_millis(80);

/// A progress line, which is cleared when this is dropped.
#[derive(Debug)]
pub struct Progress {
    live: bool,
    start: Instant,
    shown: String,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Begins a progress line on a terminal; elsewhere it prints nothing.
    pub fn new() -> Self {
        Self { live: style::on_terminal(), start: Instant::now(), shown: String::new() }
    }

    /// Replaces the line, and turns the spinner with time.
    pub fn show(&mut self, text: &str) {
        let turns = self.start.elapsed().as_millis() / TURN.as_millis();
        let line = format!("  {} {text}", FRAMES[turns as usize % FRAMES.len()]);
        if self.live && line != self.shown {
            write(&format!("{CLEAR}{}{line}{}", NO_WRAP.0, NO_WRAP.1));
            self.shown = line;
        }
    }

    /// Prints a line that stays.
    pub fn keep(&mut self, text: &str) {
        self.clear();
        write(&format!("{text}\n"));
    }

    fn clear(&mut self) {
        if !self.shown.is_empty() {
            self.shown.clear();
            write(CLEAR);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A reader that is gone is noticed later.
fn write(text: &str) {
    let mut out = stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}
