//! Other systems, whose sockets have no abstract names.

use std::{io, os::unix::net::SocketAddr};

pub(crate) fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A connection has the mode (`O_NONBLOCK`) of its listener.
pub(crate) const ACCEPTS_IN_THE_MODE_OF_THE_LISTENER: bool = true;

/// Errors of accept(2) about one connection that not every system has.
pub(crate) const CONNECTION_ERRORS: &[i32] = &[];

/// Errors of a lack that not every system has.
pub(crate) const LACKS: &[i32] = &[];
