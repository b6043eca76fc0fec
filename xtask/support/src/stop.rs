//! The reasons for which an interruptible task stops.

use crate::command::Failure;
use selfup_signals::Signal;

/// It failed, or it was interrupted.
#[derive(Debug)]
pub enum Stop {
    /// A check has failed.
    Failed(Failure),
    /// A signal ended it.
    Interrupted(Signal),
}

/// What a task returns that can be interrupted.
pub type Result<T = (), E = Stop> = std::result::Result<T, E>;

impl Stop {
    /// A failure, in words for a person.
    pub fn because(reason: impl Into<String>) -> Self {
        Self::Failed(Failure::new(reason))
    }

    /// Says what was under way.
    #[must_use]
    pub fn during(self, what: &str) -> Self {
        self.map(|failure| format!("{what}: {failure}"))
    }

    /// Says what there was instead.
    #[must_use]
    pub fn with(self, what: &str) -> Self {
        self.map(|failure| format!("{failure}; there is {what}"))
    }

    fn map(self, reason: impl FnOnce(Failure) -> String) -> Self {
        match self {
            Self::Failed(failure) => Self::because(reason(failure)),
            Self::Interrupted(_) => self,
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
