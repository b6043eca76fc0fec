//! What a server holds in its hands: listeners, connections, and when to stop.

pub(crate) mod connection;
pub(crate) mod counter;
pub(crate) mod idle_grace;
pub(crate) mod listener;
#[cfg(test)]
mod models;
mod once;
pub(crate) mod shutdown;
mod sync;
