//! The types of the tally that its model replaces (`models.rs`).

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
