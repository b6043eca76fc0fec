//! Systems with `SOCK_SEQPACKET`; see unix(7).

use std::os::fd::OwnedFd;

use nix::sys::socket::{self, AddressFamily, MsgFlags, SockFlag, SockType};

/// How a message is sent: without waiting, and without SIGPIPE.
pub(crate) const SEND: MsgFlags = MsgFlags::MSG_NOSIGNAL.union(MsgFlags::MSG_DONTWAIT);

/// Opens a pair that preserves message boundaries. Both ends are close-on-exec.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::Unix, SockType::SeqPacket);
    socket::socketpair(family, kind, None, SockFlag::SOCK_CLOEXEC)
}
