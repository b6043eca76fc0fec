//! Linux and Android: the user at the other end of a socket; see unix(7).

use std::os::unix::net::UnixStream;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

pub(crate) fn peer(stream: &UnixStream) -> nix::Result<u32> {
    getsockopt(stream, PeerCredentials).map(|peer| peer.uid())
}
