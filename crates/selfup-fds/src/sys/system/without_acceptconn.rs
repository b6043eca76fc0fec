//! Tells whether a socket listens where it cannot be asked: macOS has no `SO_ACCEPTCONN` (`uipc_socket.c`).

use std::io;
use std::os::fd::BorrowedFd;

use socket2::{SockRef, Type};

/// A stream socket that has a name, and no peer, listens, or is about to: a socket that is passed to a program is
/// either that or connected.
pub(crate) fn listens(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let socket = SockRef::from(&fd);
    let peer = socket.peer_addr();
    let is_alone = peer.is_err_and(|error| error.kind() == io::ErrorKind::NotConnected);
    Ok(socket.r#type()? == Type::STREAM && is_alone)
}
