//! A listener that stops when the program drains.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use selfup_program::{Accepting, GracefulShutdown};

use crate::{connection::Connection, drain::Drain, socket::Socket};

/// A TCP or Unix listener that returns no more connections when the program drains.
///
/// It then closes its socket, which the other generations and the master still have.
///
/// ```no_run
/// # async fn serve(_: selfup_tokio::Connection) {}
/// async fn program(state: selfup::State) -> std::io::Result<()> {
///     let mut listener = selfup_tokio::Listener::new(state.take_listener())?;
///     let drain = listener.drain();
///     while let Some(connection) = listener.accept_with_retry().await {
///         tokio::spawn(serve(connection));
///     }
///     drain.none_open().await;
///     Ok(())
/// }
/// ```
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
    /// Registers the listener with the tokio runtime that runs now.
    ///
    /// # Errors
    ///
    /// The runtime cannot watch the socket.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime, or in one without input and output.
    pub fn new(listener: selfup_program::Listener) -> io::Result<Self> {
        let (shutdown, accepting) = (listener.graceful_shutdown(), listener.accepting());
        let drain = Drain::new(shutdown.clone(), listener.idle_grace(), listener.drain_limit());
        let socket = Socket::new(listener)?;
        let address = socket.local_addr()?;
        Ok(Self { socket: Some(socket), address, shutdown, drain, accepting })
    }

    /// Waits for the next connection; `None` when the program drains. The first call reports that the socket is
    /// served ([`Readiness::Listening`](selfup_program::Readiness::Listening)).
    ///
    /// # Errors
    ///
    /// Those of accept(2), above all a lack of descriptors. Another call at once would fail again;
    /// [`accept_with_retry`](Self::accept_with_retry) waits.
    pub async fn accept(&mut self) -> io::Result<Option<Connection>> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    /// The address that it listens on, or has listened on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The drain of the connections that this listener returns.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Connection>>> {
        self.accepting.begin();
        // Counted first: while this thread accepts a last connection, a server that learns of the drain on
        // another thread must not take itself for empty.
        let counted = self.drain.count();
        if Pin::new(&mut self.shutdown).poll(context).is_ready() {
            self.socket = None;
        }
        let Some(socket) = &self.socket else {
            return Poll::Ready(Ok(None));
        };
        let accepting = &self.accepting;
        socket.poll_accept(context).map_ok(|(stream, peer)| {
            Some(Connection::new(stream, peer, (counted, accepting.connection())))
        })
    }
}
