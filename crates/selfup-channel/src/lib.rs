#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "both ends match every variant, so that the compiler finds one that they do not handle"
)]

mod channel;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod message;
mod sys;
mod truncate;

pub use channel::{Channel, ChildEnd, Incoming, MasterEnd, pair};
pub use message::{FromChild, FromMaster, Malformed, Message, VERSION};
pub use truncate::truncate;
