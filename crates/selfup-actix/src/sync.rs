//! What the models of the counters replace: see `models.rs`.

pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

pub(crate) use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
