//! Parts that fetchers over a network have in common.
//!
//! They are for crates that implement [`Fetch`](crate::Fetch); programs do not need them.

mod deadlines;
mod memory;
mod resumptions;
#[cfg(feature = "tls")]
pub mod tls;

pub use deadlines::Deadlines;
pub use memory::Memory;
pub use resumptions::{Resumptions, Setback};
