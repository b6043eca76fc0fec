//! Tells people what the master does.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use selfup_fetch::printable;
use selfup_signals::Blocked;

use crate::{
    event::Event,
    settings::{OnEvent, Options},
    status_line::StatusLine,
    stderr::{Priority, Stderr},
    verbosity::Verbosity,
};

/// Tells people what the master does: the program's hook first, then stderr.
pub struct Reporter {
    hear: Option<OnEvent>,
    verbosity: Verbosity,
    status_line: StatusLine,
    stderr: Stderr,
    hook_took: Duration,
}

impl Reporter {
    /// One that prints what the options ask for.
    #[must_use]
    pub fn new(options: &Options, hear: Option<OnEvent>) -> Self {
        Self {
            hear,
            verbosity: options.verbosity,
            status_line: StatusLine::default(),
            stderr: Stderr::new("[selfup master]"),
            hook_took: Duration::ZERO,
        }
    }

    /// The hook, for another reporter.
    pub(crate) fn into_hook(self) -> Option<OnEvent> {
        self.hear
    }

    /// How long the program's hook has taken since this was asked last.
    pub(crate) fn hook_took(&mut self) -> Duration {
        std::mem::take(&mut self.hook_took)
    }

    /// How the service is, in one line.
    pub(crate) fn status_line(&mut self) -> &mut StatusLine {
        &mut self.status_line
    }

    /// Reports what somebody should know.
    pub fn warn(&mut self, reason: String) {
        self.tell(&Event::Warning { reason });
    }

    /// Reports an event: to the hook, and on stderr if it matters.
    pub fn tell(&mut self, event: &Event) {
        self.status_line.hear(event);
        self.tell_the_hook(event);
        let is_printed = match self.verbosity {
            Verbosity::Silent => false,
            Verbosity::Normal => event.is_warning() || event.is_milestone(),
            Verbosity::Debug => true,
        };
        if is_printed {
            let priority = if event.is_warning() { Priority::Warning } else { Priority::Info };
            self.stderr.write(priority, &printable(&event.to_string()));
        }
    }

    fn tell_the_hook(&mut self, event: &Event) {
        let Some(mut hear) = self.hear.take() else { return };
        // A job in the background that writes to its terminal may be told to stop (SIGTTOU), again and
        // again until it does. The master, which has a handler for that, would never come to it.
        let held_back = Blocked::all();
        // A panic in it must not end the service: it is not called again.
        let begun = Instant::now();
        let heard = catch_unwind(AssertUnwindSafe(|| hear(event)));
        self.hook_took += begun.elapsed();
        drop(held_back);
        if heard.is_ok() {
            self.hear = Some(hear);
        } else {
            let reason = "the hook for events panicked, and is not called any more".to_owned();
            self.tell(&Event::Warning { reason });
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}
