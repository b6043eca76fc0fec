#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the master matches every variant, so that the compiler finds one that it does not handle"
)]

mod action;
mod answer;
mod asking;
mod condition;
mod generation;
mod handover;
mod input;
mod lifecycle;
mod on_exit;
mod policy;
mod restarts;
mod signal_set;
mod step;
#[cfg(test)]
mod tests;
mod time;

pub use action::{Action, Blame, Note, Overdue, Program};
pub use answer::{Answer, Failure};
pub use asking::{Ask, Ticket, Until};
pub use condition::Condition;
pub use generation::Generation;
pub use handover::Handover;
pub use input::{Arrived, Cause, Input, Unsuitable};
pub use lifecycle::{Lifecycle, Standing};
pub use on_exit::{OnExit, Respawn};
pub use policy::Policy;
pub use restarts::Restarts;
pub use time::Time;
