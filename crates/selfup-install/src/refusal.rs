//! The type [`Refusal`]: why an executable must not be tried, and until when.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::id::Id;

/// The longest reason that is recorded, in bytes.
pub(crate) const REASON: usize = 500;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// An executable that must not be tried: it was refused by hand, until it is
/// [forgiven](crate::Target::forgive), or it failed on trial.
///
/// The machine may be to blame for a failure: it lacked memory for two children, or a database was down. So an
/// executable that failed may be tried again after 1, 4, 24 and 24 hours ([`PAUSES`](Self::PAUSES)). After
/// five failures it is refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    id: Id,
    seconds: u64,
    reason: String,
    /// 0 if it was refused by hand.
    failures: u32,
}

impl Refusal {
    /// The pauses after the first failure, the second, and so on. After one more failure the executable is
    /// refused for good.
    pub const PAUSES: [Duration; 4] =
        [HOUR, HOUR.saturating_mul(4), HOUR.saturating_mul(24), HOUR.saturating_mul(24)];

    pub(crate) fn new(id: Id, reason: &str, failures: u32, now: SystemTime) -> Self {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { id, seconds, reason: one_line(reason), failures }
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("refused ")?.splitn(3, ' ');
        let (id, seconds) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { id, seconds, reason: one_line(words.next()?), failures: 0 })
    }

    pub(crate) fn set_failures(&mut self, failures: u32) {
        self.failures = failures;
    }

    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, seconds, reason, failures } = self;
        writeln!(f, "refused {id} {seconds} {reason}")?;
        match failures {
            0 => Ok(()),
            _ => writeln!(f, "failures {id} {failures}"),
        }
    }

    /// Returns the id of the executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Returns the reason, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the time of the refusal, to the second, by the clock at that time.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        let since = Duration::from_secs(self.seconds);
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns the number of failures on trial, which is 0 if it was refused by hand. Failures of several
    /// masters at one time count once.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns when it may be tried again, or `None` if it is refused for good.
    #[must_use]
    pub fn retry_at(&self) -> Option<SystemTime> {
        let last = usize::try_from(self.failures).ok()?.checked_sub(1)?;
        self.time().checked_add(*Self::PAUSES.get(last)?)
    }

    /// Returns whether it must not be tried at this time. If the clock was set back to before the refusal,
    /// its age is unknown, and it may be tried.
    #[must_use]
    pub fn stands_at(&self, now: SystemTime) -> bool {
        match self.retry_at() {
            None => true,
            Some(retry_at) => now < retry_at && now >= self.time(),
        }
    }
}

/// Replaces control characters, and truncates to [`REASON`] bytes.
pub(crate) fn one_line(reason: &str) -> String {
    let mut line = String::new();
    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    for character in reason.trim_matches(is_blank).chars() {
        let character = if character.is_control() { ' ' } else { character };
        if line.len() + character.len_utf8() > REASON {
            break;
        }
        line.push(character);
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(times: u32) -> Refusal {
        let mut refusal = Refusal::new(Id::from_bytes([1; 20]), "died", 0, at(1_000_000));
        refusal.set_failures(times);
        refusal
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn an_executable_that_failed_may_be_tried_again_after_growing_pauses_four_times() {
        for (failures, hours) in [(1, 1), (2, 4), (3, 24), (4, 24)] {
            let (refusal, pause) = (failed(failures), hours * 3600);
            assert_eq!(refusal.retry_at(), Some(at(1_000_000 + pause)));
            assert!(refusal.stands_at(at(1_000_000)));
            assert!(refusal.stands_at(at(1_000_000 + pause - 1)));
            assert!(!refusal.stands_at(at(1_000_000 + pause)));
            assert!(!refusal.stands_at(at(999_999)), "the clock was set back");
        }
        for failures in [0, 5, 6, u32::MAX] {
            assert_eq!(failed(failures).retry_at(), None);
            assert!(failed(failures).stands_at(at(u64::MAX >> 8)));
        }
    }
}
