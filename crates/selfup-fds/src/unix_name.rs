//! What a Unix socket is called, and what sort it is.

use std::fmt;
use std::path::PathBuf;

/// The three sorts of Unix sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnixKind {
    /// A stream of bytes: `unix://`.
    Stream,
    /// Datagrams: `unixgram://`.
    Datagram,
    /// Connections that keep the bounds of messages: `unixpacket://`.
    Seqpacket,
}

/// Where a Unix socket is bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnixName {
    /// A file of the type socket.
    Path(PathBuf),
    /// A name in the kernel's abstract namespace, which leaves no file behind. Linux only.
    Abstract(Vec<u8>),
}

impl UnixKind {
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Stream => "unix",
            Self::Datagram => "unixgram",
            Self::Seqpacket => "unixpacket",
        }
    }

    pub(crate) fn socket_type(self) -> socket2::Type {
        match self {
            Self::Stream => socket2::Type::STREAM,
            Self::Datagram => socket2::Type::DGRAM,
            Self::Seqpacket => socket2::Type::SEQPACKET,
        }
    }

    pub(crate) fn from_socket_type(socket_type: socket2::Type) -> Option<Self> {
        [Self::Stream, Self::Datagram, Self::Seqpacket]
            .into_iter()
            .find(|kind| kind.socket_type() == socket_type)
    }
}

impl fmt::Display for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Abstract(name) => write!(f, "@{}", String::from_utf8_lossy(name)),
        }
    }
}
