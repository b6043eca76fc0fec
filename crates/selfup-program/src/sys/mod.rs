//! The only unsafe code of this crate: one operation to a block.

#![allow(unsafe_code, reason = "each block says why it is sound")]

pub(crate) mod env;
pub(crate) mod fd;
pub(crate) mod launch;
pub(crate) mod marker;
pub mod note;
pub(crate) mod system;

#[cfg(target_os = "linux")]
pub(crate) mod waits;
#[cfg(not(target_os = "linux"))]
pub(crate) mod waits {
    //! What this process waits for, where the kernel does not show it.

    pub(crate) fn sockets_waited_on() -> std::collections::BTreeSet<u64> {
        std::collections::BTreeSet::new()
    }
}
