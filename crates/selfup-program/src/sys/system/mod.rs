//! What differs between systems: a file for each, with the same functions.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::*;

/// Sends without SIGPIPE.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const QUIETLY: nix::sys::socket::MsgFlags = nix::sys::socket::MsgFlags::MSG_NOSIGNAL;
/// There is no flag for it, and a datagram to nobody raises no SIGPIPE.
#[cfg(target_vendor = "apple")]
pub(crate) const QUIETLY: nix::sys::socket::MsgFlags = nix::sys::socket::MsgFlags::empty();
