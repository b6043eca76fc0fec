#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the master matches all of them: what it forgot would not be done"
)]

mod action;
mod condition;
mod event;
mod generation;
mod handover;
mod lifecycle;
mod policy;
mod restarts;
mod signal_set;
mod step;
#[cfg(test)]
mod tests;
mod time;

pub use action::{Action, Blame, Note, Overdue, Program};
pub use condition::Condition;
pub use event::{Arrived, Cause, Event, Unsuitable};
pub use generation::Generation;
pub use handover::Handover;
pub use lifecycle::Lifecycle;
pub use policy::Policy;
pub use restarts::Restarts;
pub use time::Time;
