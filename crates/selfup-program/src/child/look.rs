//! Looks from time to time whether the program serves, until it does.

use std::time::{Duration, Instant};

use crate::sys::waits;
use crate::{master_link::MasterLink, ready::Ready};

/// When to look again, and what was reported.
pub(super) struct Look {
    begun: Instant,
    pause: Duration,
    ready_timeout: Duration,
    reported: Option<String>,
}

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// For a program that is late.
const LATE_PAUSE: Duration = Duration::from_secs(1);
/// A program that is ready by then needs no explanation.
const PATIENCE: Duration = Duration::from_secs(1);

impl Look {
    pub(super) fn new(ready_timeout: Duration) -> Self {
        Self { begun: Instant::now(), pause: FIRST_PAUSE, ready_timeout, reported: None }
    }

    /// Looks. Returns after which time to look again, unless something else happens first.
    pub(super) fn at(&mut self, ready: &Ready, link: &MasterLink) -> Option<Duration> {
        let mut pause = None;
        if ready.is_to_be_seen() {
            ready.waited_on(&waits::sockets_waited_on());
            if ready.is_to_be_seen() {
                pause = Some(self.next_pause());
            }
        }
        let lacks = ready.lacks()?;
        // In time for the master to report it when the child is late.
        let patience = PATIENCE.min(self.ready_timeout / 4);
        let left = patience.saturating_sub(self.begun.elapsed());
        if !left.is_zero() {
            return Some(pause.unwrap_or(left).min(left));
        }
        if self.reported.as_ref() != Some(&lacks) {
            link.not_ready(lacks.clone());
            self.reported = Some(lacks);
        }
        pause
    }

    fn next_pause(&mut self) -> Duration {
        let late = self.begun.elapsed() > self.ready_timeout;
        let pause = self.pause;
        self.pause = if late { LATE_PAUSE } else { (self.pause * 2).min(LONGEST_PAUSE) };
        pause
    }
}
