//! The types of the inbox that its model replaces (`models.rs`).

pub(crate) use std::{
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
};
