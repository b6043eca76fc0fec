//! Reports events: to the program's hook, to stderr, and in the status line.

#[cfg(any(feature = "tracing", feature = "metrics"))]
use std::mem::ManuallyDrop;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use selfup_fetch::printable;
use selfup_signals::Blocked;

#[cfg(feature = "control")]
use crate::control::Control;
#[cfg(any(feature = "tracing", feature = "metrics"))]
use crate::observe::Observer;
#[cfg(feature = "metrics")]
use crate::observe::Population;
use crate::{
    event::Event,
    report::Report,
    settings::{OnEvent, Options},
    status_line::StatusLine,
    stderr::{Priority, Stderr},
    verbosity::Verbosity,
    warning::Warning,
};

/// Reports events: to the program's hook first, then to stderr.
pub struct Reporter {
    hook: Option<OnEvent>,
    verbosity: Verbosity,
    status_line: StatusLine,
    stderr: Stderr,
    hook_took: Duration,
    #[cfg(feature = "control")]
    control: Option<Control>,
    /// A subscriber and a recorder, unless one of them has panicked.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    observer: Option<Observer>,
    /// What has been shown last.
    #[cfg(feature = "metrics")]
    population: Option<Population>,
}

impl Reporter {
    /// Creates a reporter that prints what the options ask for.
    #[must_use]
    pub fn new(options: &Options, hook: Option<OnEvent>) -> Self {
        Self {
            hook,
            verbosity: options.verbosity,
            status_line: StatusLine::default(),
            stderr: Stderr::new("[selfup master]"),
            hook_took: Duration::ZERO,
            #[cfg(feature = "control")]
            control: None,
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            observer: Some(Observer::new()),
            #[cfg(feature = "metrics")]
            population: None,
        }
    }

    /// Returns the hook, for another reporter.
    pub(crate) fn into_hook(self) -> Option<OnEvent> {
        self.hook
    }

    /// Returns how long the program's hook has taken since the last call.
    pub(crate) fn hook_took(&mut self) -> Duration {
        std::mem::take(&mut self.hook_took)
    }

    /// The state of the service, in one line.
    pub(crate) fn status_line(&mut self) -> &mut StatusLine {
        &mut self.status_line
    }

    #[cfg(feature = "control")]
    pub(crate) fn set_control(&mut self, control: Option<Control>) {
        self.control = control;
    }

    /// The operators, if there is a control socket.
    #[cfg(feature = "control")]
    pub(crate) fn control(&mut self) -> Option<&mut Control> {
        self.control.as_mut()
    }

    /// Reports a warning.
    pub fn warn(&mut self, warning: Warning) {
        self.report(Event::Warning(warning));
    }

    /// Reports an event to the hook, and on stderr if it matters.
    pub fn report(&mut self, event: Event) {
        self.status_line.update(&event);
        let report = Report::from(event);
        #[cfg(feature = "control")]
        if let Some(control) = &mut self.control {
            control.note(&report);
        }
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        self.observe(|observer| observer.note(&report.event));
        self.call_hook(&report);
        let event = &report.event;
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

    fn call_hook(&mut self, report: &Report) {
        let Some(mut hook) = self.hook.take() else { return };
        if self.call(|| hook(report)) {
            self.hook = Some(hook);
        } else {
            // It is not called again.
            self.warn(Warning::HookPanicked);
        }
    }

    /// Shows something to the observer.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn observe(&mut self, show: impl FnOnce(&mut Observer)) {
        let Some(mut observer) = self.observer.take() else { return };
        if self.call(|| show(&mut observer)) {
            self.observer = Some(observer);
        } else {
            // Its spans are the subscriber's, which may panic again when they are dropped.
            let _kept = ManuallyDrop::new(observer);
            self.warn(Warning::ObserverPanicked);
        }
    }

    /// Shows how many children there are, if that has changed.
    #[cfg(feature = "metrics")]
    pub(crate) fn show_population(&mut self, population: Population) {
        if self.population.replace(population) != Some(population) {
            self.observe(|observer| observer.look(population));
        }
    }

    /// Calls code of the program, and returns whether it has not panicked: that must not end the service.
    fn call(&mut self, what: impl FnOnce()) -> bool {
        // A background job that writes to its terminal gets SIGTTOU again and again until it stops. The
        // master handles that signal, so the write would never succeed.
        let blocked = Blocked::all();
        let begun = Instant::now();
        let called = catch_unwind(AssertUnwindSafe(what));
        self.hook_took += begun.elapsed();
        drop(blocked);
        called.is_ok()
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}
