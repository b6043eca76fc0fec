//! Linux: abstract names of sockets; see unix(7).

use std::{
    io,
    os::{linux::net::SocketAddrExt, unix::net::SocketAddr},
};

pub(crate) fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

/// Linux does not hand the listener's mode (`O_NONBLOCK`) on to the connection.
pub(crate) const ACCEPTS_IN_THE_MODE_OF_THE_LISTENER: bool = false;

/// Errors of accept(2) about one connection that not every system has.
pub(crate) const CONNECTION_ERRORS: &[i32] = &[libc::ENONET];

/// Errors of a lack that not every system has.
pub(crate) const LACKS: &[i32] = &[libc::ENOSR];
