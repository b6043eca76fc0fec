//! What the models of the counters replace.

pub(crate) use std::sync::{Arc, Mutex};
