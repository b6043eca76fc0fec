//! System calls: the only unsafe code of this crate, one operation to a block.

#![allow(unsafe_code, reason = "each block says why it is sound")]

pub(crate) mod flock;
pub(crate) mod memory;
pub(crate) mod orphans;
pub(crate) mod pidfd;
pub(crate) mod system;
