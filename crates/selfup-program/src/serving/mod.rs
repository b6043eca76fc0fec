//! What a server works with: listeners, connections, and the signal to drain.

mod accept_error;
pub(crate) mod connection;
pub(crate) mod counter;
pub(crate) mod idle_grace;
pub(crate) mod listener;
#[cfg(test)]
mod models;
mod once;
pub(crate) mod parts;
pub(crate) mod shutdown;
pub(crate) mod stream;
mod sync;
