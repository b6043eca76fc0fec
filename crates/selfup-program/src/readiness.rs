//! When a child counts as ready.

/// When a child counts as ready to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When the program waits for clients at every socket of the configuration: when it first calls
    /// [`accept`](crate::Listener::accept), asks [`incoming`](crate::Listener::incoming) for its first
    /// connection, or runs a server of `selfup-tokio` or `selfup-actix`. Without sockets, when it is entered.
    ///
    /// So it does not matter when sockets are taken. What comes between that and serving, such as a connection
    /// to a database, may take its time, and may fail without harm.
    ///
    /// A program that serves in another way calls [`State::ready`](crate::State::ready) when it does, or
    /// [`Accepting::begin`](crate::Accepting::begin) for one socket. It need not where the kernel shows it, on
    /// Linux with `/proc`: a thread of the process sleeps in accept(2), recv(2), poll(2) or select(2) for the
    /// socket, or an epoll(7) watches it for input and nothing else, as those of mio, actix-web and smol do.
    /// Tokio watches a socket (`tokio::net::TcpListener::from_std`) for input and output from the moment at
    /// which it is created; that shows nothing, so the call is needed. It is also needed with io_uring, and
    /// where other processes accept.
    ///
    /// When the ready timeout is over, the master names the sockets that the program has not taken, or does not
    /// wait at.
    #[default]
    Listening,
    /// When the program calls [`State::ready`](crate::State::ready), and not before. For programs that
    /// listen while they still have something to load.
    Explicit,
}
