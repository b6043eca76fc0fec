//! The reason of a refusal, as the record has it.

use std::time::SystemTime;

use crate::id::Id;
use crate::record::Record;

/// Why an executable is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why<'a> {
    /// It was rolled back by hand.
    ByHand,
    /// It failed on trial, for this reason.
    Failed(&'a str),
}

impl Why<'_> {
    pub(crate) fn note(self, record: &mut Record, id: Id) {
        match self {
            Self::ByHand => record.refuse(id, "rolled back by hand", SystemTime::now()),
            Self::Failed(reason) => record.fail(id, reason, SystemTime::now()),
        }
    }
}
