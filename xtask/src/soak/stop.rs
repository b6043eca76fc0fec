//! Why a soak does not go on.

use crate::command::Failure;
use selfup_signals::Signal;

#[derive(Debug)]
pub(super) enum Stop {
    Failed(Failure),
    /// Somebody wants it to end.
    Interrupted(Signal),
}

pub(super) type Result<T = (), E = Stop> = std::result::Result<T, E>;

impl Stop {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self::Failed(Failure::new(reason))
    }

    /// Says what was under way.
    pub(super) fn during(self, what: &str) -> Self {
        self.map(|failure| format!("{what}: {failure}"))
    }

    /// Says what there was instead.
    pub(super) fn with(self, what: &str) -> Self {
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
