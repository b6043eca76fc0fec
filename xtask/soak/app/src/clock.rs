//! The wall clock, which soak moves.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, negative before.
pub(crate) fn seconds() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs().try_into().unwrap_or(i64::MAX),
        Err(before) => before.duration().as_secs().try_into().map_or(i64::MIN, |secs: i64| -secs),
    }
}
