//! The end of one request, for callers that observe each.

use std::time::Duration;

/// One request that is over, as [`Config::each`](crate::Config::each) receives it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ended<'a> {
    /// The place of its lane in the configuration.
    pub lane: usize,
    /// When it was due, from the start of the load.
    pub due: Duration,
    /// When it was answered or lost.
    pub at: Duration,
    /// The start of the body, or why it was lost.
    pub outcome: Result<&'a [u8], String>,
}
