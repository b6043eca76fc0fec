//! Takes fds out of the set, with their type.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener};

use super::Inherited;
use crate::blocking;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::kind::Kind;

/// Each function takes a name or a position, and has the same errors:
/// [`NotInherited`](ErrorKind::NotInherited) if no such fd is left, with the names of those that are;
/// [`WrongKind`](ErrorKind::WrongKind) if the fd is of another kind, and [`Descriptor`](ErrorKind::Descriptor) if its
/// mode cannot be set. In the last two cases the fd stays in the set.
impl Inherited {
    /// Takes out a TCP listener.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn take_tcp_listener<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<TcpListener> {
        self.take_as(Kind::TcpListener, key.into()).map(TcpListener::from)
    }

    /// Takes out a UDP socket.
    ///
    /// If generations overlap, both read this socket, and each datagram reaches only one of them. Let the older
    /// one stop reading before the newer one begins.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn take_udp_socket<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<UdpSocket> {
        self.take_as(Kind::UdpSocket, key.into()).map(UdpSocket::from)
    }

    /// Takes out a Unix stream listener.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn take_unix_listener<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<UnixListener> {
        self.take_as(Kind::UnixListener, key.into()).map(UnixListener::from)
    }

    /// Takes out a Unix datagram socket. The remark about UDP applies here too.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn take_unix_datagram<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<UnixDatagram> {
        self.take_as(Kind::UnixDatagram, key.into()).map(UnixDatagram::from)
    }

    /// Takes out a Unix seqpacket listener, for which the standard library has no type.
    ///
    /// # Errors
    ///
    /// See above.
    pub fn take_unix_seqpacket<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<OwnedFd> {
        self.take_as(Kind::UnixSeqpacketListener, key.into())
    }

    /// Takes out an fd of any kind, and leaves its mode as it is.
    ///
    /// # Errors
    ///
    /// [`NotInherited`](ErrorKind::NotInherited), as above.
    pub fn take_fd<'k>(&mut self, key: impl Into<Key<'k>>) -> Result<OwnedFd> {
        let key = key.into();
        let index = self.position(key);
        index
            .and_then(|index| self.entries[index].fd.take())
            .ok_or_else(|| self.nothing_there(&key.to_string()))
    }

    fn take_as(&mut self, wanted: Kind, key: Key<'_>) -> Result<OwnedFd> {
        let Some(fd) = self.fd(key) else { return Err(self.nothing_there(&key.to_string())) };
        let found = Kind::of(fd);
        if found != wanted {
            let message = format!("could not take the fd {key} as {wanted}: it is {found}");
            return Err(Error::new(ErrorKind::WrongKind, message));
        }
        blocking::set_nonblocking(fd.as_fd(), self.nonblocking).map_err(|errno| {
            let message = format!("could not set whether the fd {key} blocks");
            Error::new(ErrorKind::Descriptor, message).because(errno)
        })?;
        self.take_fd(key)
    }

    pub(super) fn nothing_there(&self, wanted: &str) -> Error {
        let left: Vec<_> = self.names().map(|name| format!("{name:?}")).collect();
        let left = match left.as_slice() {
            [] if self.entries.is_empty() => "no fd was inherited".to_owned(),
            [] => "no fd is left".to_owned(),
            names => format!("the fds left are {}", names.join(", ")),
        };
        let message = format!("could not take the inherited fd {wanted}: {left}");
        Error::new(ErrorKind::NotInherited, message)
    }
}
