//! The type [`Kind`]: what an fd is.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, SockRef, Type};

use crate::sys::{number, system::listens};

/// The kind of an fd, as far as it matters for taking it over.
///
/// It prints with its article: "a TCP listener".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A TCP socket that listens.
    TcpListener,
    /// A TCP socket that does not listen: a connection, or one not yet connected.
    TcpStream,
    /// A UDP socket.
    UdpSocket,
    /// A Unix stream socket that listens.
    UnixListener,
    /// A Unix stream socket that does not listen.
    UnixStream,
    /// A Unix datagram socket.
    UnixDatagram,
    /// A Unix seqpacket socket that listens.
    UnixSeqpacketListener,
    /// A Unix seqpacket socket that does not listen.
    UnixSeqpacket,
    /// A socket of another family or type.
    OtherSocket,
    /// A pipe or FIFO.
    Pipe,
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A terminal or another device.
    Device,
    /// Anything else: an eventfd, a pidfd and so on.
    Other,
}

impl Kind {
    /// Returns the kind of an fd.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fds::Kind;
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// assert_eq!(Kind::of(&listener), Kind::TcpListener);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn of(fd: impl AsFd) -> Self {
        let fd = fd.as_fd();
        match number::file_type(fd) {
            Some(libc::S_IFSOCK) => of_socket(fd).unwrap_or(Self::OtherSocket),
            Some(libc::S_IFIFO) => Self::Pipe,
            Some(libc::S_IFREG) => Self::File,
            Some(libc::S_IFDIR) => Self::Directory,
            Some(libc::S_IFCHR | libc::S_IFBLK) => Self::Device,
            _ => Self::Other,
        }
    }
}

fn of_socket(fd: BorrowedFd<'_>) -> std::io::Result<Kind> {
    let socket = SockRef::from(&fd);
    let socket_type = socket.r#type()?;
    let listens = listens(fd)?;
    Ok(match (socket.local_addr()?.domain(), socket_type) {
        (Domain::IPV4 | Domain::IPV6, Type::STREAM) if listens => Kind::TcpListener,
        (Domain::IPV4 | Domain::IPV6, Type::STREAM) => Kind::TcpStream,
        (Domain::IPV4 | Domain::IPV6, Type::DGRAM) => Kind::UdpSocket,
        (Domain::UNIX, Type::STREAM) if listens => Kind::UnixListener,
        (Domain::UNIX, Type::STREAM) => Kind::UnixStream,
        (Domain::UNIX, Type::DGRAM) => Kind::UnixDatagram,
        (Domain::UNIX, Type::SEQPACKET) if listens => Kind::UnixSeqpacketListener,
        (Domain::UNIX, Type::SEQPACKET) => Kind::UnixSeqpacket,
        _ => Kind::OtherSocket,
    })
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TcpListener => "a TCP listener",
            Self::TcpStream => "a TCP socket that does not listen",
            Self::UdpSocket => "a UDP socket",
            Self::UnixListener => "a Unix listener",
            Self::UnixStream => "a Unix stream socket that does not listen",
            Self::UnixDatagram => "a Unix datagram socket",
            Self::UnixSeqpacketListener => "a Unix seqpacket listener",
            Self::UnixSeqpacket => "a Unix seqpacket socket that does not listen",
            Self::OtherSocket => "a socket of another family",
            Self::Pipe => "a pipe",
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Device => "a device",
            Self::Other => "something else than a socket, a pipe or a file",
        })
    }
}
