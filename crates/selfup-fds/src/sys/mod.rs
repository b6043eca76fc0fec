//! The unsafe operations, each in a file of its own.

pub(crate) mod environment;
pub(crate) mod exec;
pub(crate) mod number;
pub(crate) mod pointers;
pub(crate) mod system;
