//! What the model of the inbox replaces: see `models.rs`.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
