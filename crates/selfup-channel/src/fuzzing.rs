//! Ways in for the fuzz targets, which alone are built with `--cfg fuzzing`.

#![allow(missing_docs, reason = "nobody else sees it")]

use crate::{FromChild, FromMaster, Message};

/// Decodes bytes that pretend to be a message, in both directions.
pub fn control(bytes: &[u8]) {
    understood::<FromChild>(bytes);
    understood::<FromMaster>(bytes);
}

/// What was understood is the same when it is said again.
fn understood<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(message) = M::decode(bytes) {
        assert_eq!(M::decode(&message.encode()), Ok(message));
    }
}
