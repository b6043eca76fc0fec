//! macOS, which has no `SOCK_SEQPACKET`, and so no control channel.

use std::os::fd::OwnedFd;

use nix::{errno::Errno, sys::socket::MsgFlags};

/// How a message is sent: without waiting.
pub(crate) const SEND: MsgFlags = MsgFlags::MSG_DONTWAIT;

/// No master runs here, so no child needs a channel.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    Err(Errno::EPROTONOSUPPORT)
}
