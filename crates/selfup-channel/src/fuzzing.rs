//! Entry points for the fuzz targets, which are built with `--cfg fuzzing`.

#![allow(missing_docs, reason = "only the fuzz targets see it")]

use crate::{FromChild, FromMaster, Message};

/// Decodes arbitrary bytes as a message, in both directions.
pub fn control(bytes: &[u8]) {
    round_trip::<FromChild>(bytes);
    round_trip::<FromMaster>(bytes);
}

/// A message that could be decoded is the same after another round trip.
fn round_trip<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(message) = M::decode(bytes) {
        assert_eq!(M::decode(&message.encode()), Ok(message));
    }
}
