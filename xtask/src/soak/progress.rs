//! One line that says what is going on, where somebody looks.

use super::journal::Counts;
use crate::style;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

/// The line is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    live: bool,
    start: Instant,
    length: Duration,
}

impl Progress {
    /// On a terminal; elsewhere it stays silent.
    pub(super) fn new(length: Duration) -> Self {
        Self { live: style::on_terminal(), start: Instant::now(), length }
    }

    pub(super) fn show(&mut self, step: &str, counts: &Counts, answered: u64) {
        if self.live {
            let (now, length) = (self.start.elapsed().as_secs(), self.length.as_secs());
            let restarts = counts.handovers;
            // Cut at the edge instead of wrapped: wrapped, it could not be cleared.
            print!(
                "\r\x1b[K\x1b[?7l{now} of {length} s, restarts {restarts}, answered {answered}, {step}\x1b[?7h"
            );
            stdout().flush().ok();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.live {
            print!("\r\x1b[K");
            stdout().flush().ok();
        }
    }
}
