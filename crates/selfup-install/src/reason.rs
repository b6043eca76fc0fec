//! Why an executable is taken away, as the record says it.

use std::time::SystemTime;

use crate::id::Id;
use crate::record::Record;

/// Why an executable is taken away.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why<'a> {
    /// It is somebody's word.
    ByHand,
    /// It was tried, and failed so.
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
