//! What the model of the mailbox replaces: see `models.rs`.

pub(crate) use std::{
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
};
