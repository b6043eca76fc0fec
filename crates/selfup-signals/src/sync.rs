//! The atomics of the inbox, which its model replaces (`models.rs`).

pub(crate) use std::sync::atomic::{AtomicU32, Ordering};
