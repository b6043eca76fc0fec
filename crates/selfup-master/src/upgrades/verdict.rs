//! The decision about a new executable, as the loop gives it to the worker.

use selfup_fetch::Outcome;

/// The decision about a new executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Committed,
    /// It failed.
    Refused,
    /// It cannot be tried under this master.
    Shelved,
    /// It waits for the next start of the service, and a newer one may take its place.
    Waits,
    /// Another process has decided about it.
    Overruled,
    /// Another executable is on trial, so this one has to come again later.
    Later,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Committed | Verdict::Waits | Verdict::Overruled => Self::Installed,
            Verdict::Refused | Verdict::Shelved => Self::Refused,
            Verdict::Later => Self::Failed,
        }
    }
}
