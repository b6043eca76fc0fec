use std::{
    fmt,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
};

use selfup_signals::Blocked;

use crate::{
    Event,
    config::{OnEvent, Options},
    master::summary::Summary,
};

/// Tells people what the master does: the program's hook first, then stderr.
pub(crate) struct Reporter {
    hear: Option<OnEvent>,
    warnings: bool,
    everything: bool,
    summary: Summary,
}

impl Reporter {
    pub(crate) fn new(options: &Options, hear: Option<OnEvent>) -> Self {
        Self {
            hear,
            warnings: !options.no_warn,
            everything: options.debug,
            summary: Summary::default(),
        }
    }

    /// The hook, for another reporter.
    pub(crate) fn into_hook(self) -> Option<OnEvent> {
        self.hear
    }

    /// All that was told, in one line.
    pub(crate) fn summary(&mut self) -> &mut Summary {
        &mut self.summary
    }

    pub(crate) fn tell(&mut self, event: &Event) {
        // A job in the background that writes to its terminal may be told to stop (SIGTTOU), again and
        // again until it does. The master, which has a handler for that, would never come to it.
        let _held_back = Blocked::all();
        self.summary.hear(event);
        if let Some(mut hear) = self.hear.take() {
            // A panic in it must not end the service: it is not called again.
            let heard = catch_unwind(AssertUnwindSafe(|| hear(event)));
            if heard.is_ok() {
                self.hear = Some(hear);
            } else {
                let reason = "the hook for events panicked, and is not called any more".to_owned();
                self.tell(&Event::Trouble { reason });
            }
        }
        if self.everything || (self.warnings && event.is_warning()) {
            // In one write, so that lines of several processes do not mix. A closed stderr is no
            // reason to stop serving.
            let _printed =
                std::io::stderr().write_all(format!("[selfup master] {event}\n").as_bytes());
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}
