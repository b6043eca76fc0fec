//! A connection that the drain of its server waits for.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use selfup_program::CountedConnection;

use crate::open::Counted;

/// A connection that [`Drain`](crate::Drain) waits for, as long as it exists. From
/// [`Listener::accept`](crate::Listener::accept).
pub struct Connection {
    stream: Stream,
    peer: Option<SocketAddr>,
    /// For the server, and for the master.
    _counted: (Counted, CountedConnection),
}

/// The stream within a [`Connection`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Stream {
    /// From a TCP listener.
    Tcp(TcpStream),
    /// From a Unix stream listener.
    Unix(UnixStream),
}

impl Connection {
    pub(crate) fn new(
        stream: Stream,
        peer: Option<SocketAddr>,
        counted: (Counted, CountedConnection),
    ) -> Self {
        Self { stream, peer, _counted: counted }
    }

    /// The stream itself, for its options.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The address of the client; `None` on a Unix socket, whose clients have none.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn pinned(&mut self) -> Pin<&mut (dyn Duplex + Unpin)> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream),
            Stream::Unix(stream) => Pin::new(stream),
        }
    }
}

/// What can be read from and written to.
trait Duplex: AsyncRead + AsyncWrite {}
impl<T: AsyncRead + AsyncWrite> Duplex for T {}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pinned().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(context)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.stream).finish()
    }
}
