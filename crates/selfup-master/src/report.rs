//! An event as a hook gets it: with the time, and the child that it is about.

use std::{fmt, time::SystemTime};

use crate::event::Event;

/// An event that the master has reported, with the time and the child that it is about.
///
/// It prints as its [`event`](Self::event) does. With the feature `serde` it serialises as a map: `at` in
/// milliseconds since 1970, and what the event serialises as. The names are those of the control socket.
///
/// # Examples
///
/// ```
/// fn hear(report: &selfup_master::Report) {
///     let since_1970 = report.at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
///     println!("{} {}: {report}", since_1970.as_secs(), report.event.kind());
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// When the master has learned of it, by the clock of the system.
    pub at: SystemTime,
    /// The child that it is about, if it is about one.
    pub generation: Option<u64>,
    /// What has happened.
    pub event: Event,
}

impl From<Event> for Report {
    /// The event happens now.
    fn from(event: Event) -> Self {
        Self { at: SystemTime::now(), generation: event.generation(), event }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)
    }
}
