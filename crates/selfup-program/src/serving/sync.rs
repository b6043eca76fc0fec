//! What threads meet at, in the types of which there is a model: see `models.rs`.

pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic};
