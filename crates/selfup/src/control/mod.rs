//! What master and child say to each other: one channel per child, small versioned messages.

mod channel;
mod message;

pub(crate) use channel::{ChildEnd, Incoming, MasterEnd, pair};
#[cfg(fuzzing)]
pub(crate) use message::Message;
pub(crate) use message::{FromChild, FromMaster, VERSION};
