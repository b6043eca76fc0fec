//! Reports how many connections there are: not more often than is worth a message.

use std::time::{Duration, Instant};

use crate::master_link::MasterLink;

/// The pause between two reports. An operator who looks at the status sees no more of the number.
const PAUSE: Duration = Duration::from_millis(250);

/// When the number was last reported.
#[derive(Debug, Default)]
pub(super) struct Census {
    last: Option<Instant>,
}

impl Census {
    /// Reports the number if it is due. Returns after which time it is due, if it has changed and is not yet.
    pub(super) fn at(&mut self, link: &MasterLink) -> Option<Duration> {
        if !link.has_other_connections() {
            return None;
        }
        let left = self.last.map_or(Duration::ZERO, |last| PAUSE.saturating_sub(last.elapsed()));
        if !left.is_zero() {
            return Some(left);
        }
        self.last = Some(Instant::now());
        link.report_connections();
        None
    }
}
