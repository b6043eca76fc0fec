//! The only unsafe code of this crate: one operation to a block.

#![allow(unsafe_code, reason = "each block says why it is sound")]

pub(crate) mod env;
pub(crate) mod fd;
pub(crate) mod launch;
pub(crate) mod marker;
pub mod note;
