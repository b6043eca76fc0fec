//! Other Unixes: the user at the other end of a socket; see getpeereid(3).

use std::os::unix::net::UnixStream;

pub(crate) fn peer(stream: &UnixStream) -> nix::Result<u32> {
    nix::unistd::getpeereid(stream).map(|(uid, _)| uid.as_raw())
}
