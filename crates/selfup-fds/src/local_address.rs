//! The type [`LocalAddress`]: the address to which a socket is bound.

use std::fmt;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use socket2::{Domain, SockRef, Type};

use crate::unix_name::{UnixKind, UnixName};

/// The address to which a socket is bound, as getsockname(2) returns it.
///
/// For port 0, it has the port that the kernel chose. It prints as an [`Address`](crate::Address), and can be given
/// to a client or bound again, except for a Unix socket without a name and for sockets of other families.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocalAddress {
    /// A TCP socket.
    Tcp(SocketAddr),
    /// A UDP socket.
    Udp(SocketAddr),
    /// A Unix socket. Without a name, it is not bound.
    #[non_exhaustive]
    Unix {
        /// Stream, datagram or seqpacket.
        kind: UnixKind,
        /// The path or the abstract name.
        name: Option<UnixName>,
    },
    /// A socket of another family or type.
    Other,
}

impl LocalAddress {
    /// Returns the address of a socket, or `None` for an fd that is not a socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fds::LocalAddress;
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let expected = LocalAddress::Tcp(listener.local_addr()?);
    /// assert_eq!(LocalAddress::of(&listener), Some(expected));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn of(fd: impl AsFd) -> Option<Self> {
        let fd = fd.as_fd();
        let socket = SockRef::from(&fd);
        let socket_type = socket.r#type().ok()?;
        let address = socket.local_addr().ok()?;
        Some(match (address.as_socket(), socket_type) {
            (Some(inet), Type::STREAM) => Self::Tcp(inet),
            (Some(inet), Type::DGRAM) => Self::Udp(inet),
            (None, _) if address.domain() == Domain::UNIX => {
                match UnixKind::from_socket_type(socket_type) {
                    Some(kind) => Self::Unix { kind, name: unix_name(&address) },
                    None => Self::Other,
                }
            }
            _ => Self::Other,
        })
    }

    /// Returns the IP address and port, for TCP and UDP.
    #[must_use]
    pub fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) | Self::Udp(address) => Some(*address),
            Self::Unix { .. } | Self::Other => None,
        }
    }
}

fn unix_name(address: &socket2::SockAddr) -> Option<UnixName> {
    if let Some(path) = address.as_pathname() {
        return Some(UnixName::Path(path.to_owned()));
    }
    address.as_abstract_namespace().map(|name| UnixName::Abstract(name.to_owned()))
}

#[cfg(feature = "serde")]
impl serde::Serialize for LocalAddress {
    /// The text that it prints as.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for LocalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::Unix { kind, name: Some(name) } => write!(f, "{}://{name}", kind.scheme()),
            Self::Unix { kind, name: None } => write!(f, "{}://", kind.scheme()),
            Self::Other => f.write_str("a socket of another family"),
        }
    }
}
