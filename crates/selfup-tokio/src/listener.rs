//! A listener that stops in time.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use selfup_program::{Accepting, GracefulShutdown};

use crate::{connection::Connection, drain::Drain, socket::Socket};

/// A TCP or Unix listener that stops giving out connections when the program drains.
///
/// It then closes its socket, which the other generations and the master still have.
#[derive(Debug)]
pub struct Listener {
    /// Until the program drains. If it stayed, each connection that comes for the
    /// successor would wake this process as well.
    socket: Option<Socket>,
    address: Option<SocketAddr>,
    shutdown: GracefulShutdown,
    drain: Drain,
    accepting: Accepting,
}

impl Listener {
    /// Takes the listener over into the tokio runtime that runs now.
    ///
    /// # Errors
    ///
    /// The runtime cannot watch it.
    ///
    /// # Panics
    ///
    /// If it is not called from within a tokio runtime that has input and output enabled.
    pub fn new(listener: selfup_program::Listener) -> io::Result<Self> {
        let (shutdown, accepting) = (listener.graceful_shutdown(), listener.accepting());
        let drain = Drain::new(shutdown.clone(), listener.idle_grace(), listener.drain_limit());
        let socket = Socket::new(listener)?;
        let address = socket.local_addr()?;
        Ok(Self { socket: Some(socket), address, shutdown, drain, accepting })
    }

    /// Waits for the next connection; `None` when the program drains.
    ///
    /// # Errors
    ///
    /// Those of accept(2), above all no descriptors left; asking again at once would fail again.
    pub async fn accept(&mut self) -> io::Result<Option<Connection>> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    /// Where it listens, or has listened; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Knows when the server can be closed down.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Connection>>> {
        self.accepting.begin();
        // Before anything is looked at: a server that hears on another thread that it is time to
        // drain must not be taken for empty while this one accepts a last connection.
        let counted = self.drain.count();
        if Pin::new(&mut self.shutdown).poll(context).is_ready() {
            self.socket = None;
        }
        let Some(socket) = &self.socket else {
            return Poll::Ready(Ok(None));
        };
        socket
            .poll_accept(context)
            .map_ok(|(stream, peer)| Some(Connection::new(stream, peer, counted)))
    }
}
