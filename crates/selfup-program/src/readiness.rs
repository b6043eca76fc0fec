//! When a child counts as ready.

/// When a child counts as ready to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When the program waits for clients at every socket of the configuration: at the first
    /// [`accept`](crate::Listener::accept), or the first connection of
    /// [`incoming`](crate::Listener::incoming), and when a server of `selfup-tokio` or `selfup-actix`
    /// runs. Without sockets, when it is entered.
    ///
    /// So it does not matter when sockets are taken: what comes between that and serving, a database
    /// that has to be reached, say, may take its time, and may fail without harm.
    ///
    /// A program that serves in another way calls [`State::ready`](crate::State::ready) when it does,
    /// or [`Accepting::begin`](crate::Accepting::begin) for one socket. It need not where the kernel
    /// shows it, on Linux with `/proc`: a thread of the process sleeps in accept(2), recv(2), poll(2)
    /// or select(2) for the socket, or an epoll(7) watches it for input and nothing else, as those of
    /// mio, actix-web and smol do. A socket of tokio (`tokio::net::TcpListener::from_std`) is watched
    /// from the moment at which it is made, for input and output; that says nothing, so the call is
    /// needed. So it is with io_uring, and where other processes accept.
    ///
    /// Sockets that nobody took, or waits at, are named when the ready timeout is over.
    #[default]
    Listening,
    /// When the program calls [`State::ready`](crate::State::ready), and not before. For programs that
    /// listen while they still have something to load.
    Explicit,
}
