//! The listening sockets of the program.

use std::{
    fmt, io,
    net::TcpListener,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener,
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::{
    accept_error::{is_of_lack, is_of_one_connection},
    connection::Connection,
    counter::Counter,
    shutdown::GracefulShutdown,
    stream::Stream,
};
use selfup_signals::Signal;

use crate::{
    process::signals::drain_where_default, ready::Accepting,
    sys::system::ACCEPTS_IN_THE_MODE_OF_THE_LISTENER,
};

/// A listening socket that all generations of the program share.
///
/// [`incoming`](Self::incoming) ends when the program is to drain, and leaves what is in the kernel's queue to
/// the next child. Programs on an async runtime give the listener to `selfup-tokio` or `selfup-actix`, or take
/// the socket out with [`into_tcp`](Self::into_tcp).
///
/// The socket is in non-blocking mode. That mode belongs to the socket, not to a process: while two generations
/// wait for the same connection, the one that comes second must not block.
///
/// ```no_run
/// # fn serve(_: selfup::Connection) {}
/// fn program(state: selfup::State) -> std::io::Result<()> {
///     for connection in state.take_listener().incoming() {
///         let connection = connection?;
///         std::thread::spawn(move || serve(connection));
///     }
///     Ok(()) // the program ends when the last connection is dropped
/// }
/// ```
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    drain: GracefulShutdown,
    idle_grace: Duration,
    drain_limit: Duration,
    counter: Counter,
    accepting: Accepting,
}

#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// `socket` is in non-blocking mode already.
    pub(crate) fn new(
        socket: Socket,
        drain: GracefulShutdown,
        (idle_grace, drain_limit): (Duration, Duration),
        counter: Counter,
        accepting: Accepting,
    ) -> Self {
        Self { socket, drain, idle_grace, drain_limit, counter, accepting }
    }

    /// Waits for the next connection; `None` when the program is to drain. The first call reports that this
    /// socket is served ([`Readiness::Listening`](crate::Readiness::Listening)).
    ///
    /// Connections that were aborted before they were accepted are skipped.
    ///
    /// # Errors
    ///
    /// Those of [accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html) that do not concern one
    /// connection alone, above all a lack of descriptors. Another call at once would fail again;
    /// [`incoming`](Self::incoming) waits.
    pub fn accept(&self) -> io::Result<Option<Connection>> {
        self.drain.asked_for();
        self.accepting.begin();
        while self.wait_readable()? {
            // Before it is looked at again: where several threads accept, the program must not be
            // taken for done while one of them accepts a last connection.
            let counted = self.counter.count();
            if self.drain.requested() {
                break;
            }
            match self.socket.accept() {
                Ok(stream) => {
                    let drain = self.drain.clone();
                    let counted = (counted, self.accepting.connection());
                    return Ok(Some(Connection::new(stream, drain, self.idle_grace, counted)));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The connections as they come. The iterator ends when the program is to drain.
    ///
    /// It waits out what passes: while descriptors or memory are missing, it tries again after a pause, 10 ms
    /// at first and doubled up to 1 s. The errors that it returns are those of the socket itself.
    #[must_use]
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self, pause: FIRST_PAUSE }
    }

    /// A handle that reports that this socket is served, for a program that takes the socket out and serves it
    /// in another way.
    #[must_use]
    pub fn accepting(&self) -> Accepting {
        self.accepting.clone()
    }

    /// The address that it listens on, with the port that the kernel chose where 0 was asked for; `None` for a
    /// Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<std::net::SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// Takes the TCP socket out, in non-blocking mode, as async runtimes need it. From now on the program itself
    /// has to stop accepting when it is to drain, and to wait for its connections.
    ///
    /// It also has to report when it accepts, by [`State::ready`](crate::State::ready) or
    /// [`accepting`](Self::accepting), unless the kernel shows it
    /// ([`Readiness::Listening`](crate::Readiness::Listening)); for a listener of tokio the kernel does not.
    ///
    /// # Errors
    ///
    /// It is not a TCP socket. The error is the listener.
    pub fn into_tcp(self) -> Result<TcpListener, Self> {
        match self.socket {
            Socket::Tcp(listener) => Ok(listener),
            Socket::Unix(_) => Err(self),
        }
    }

    /// Takes the Unix stream socket out, as [`into_tcp`](Self::into_tcp) does.
    ///
    /// # Errors
    ///
    /// It is not a Unix socket. The error is the listener.
    pub fn into_unix(self) -> Result<UnixListener, Self> {
        match self.socket {
            Socket::Unix(listener) => Ok(listener),
            Socket::Tcp(_) => Err(self),
        }
    }

    /// The signal that the program is to drain.
    #[must_use]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.drain.asked_for().clone()
    }

    /// How long an idle connection is kept while the program drains: `Config::idle_grace`.
    #[must_use]
    pub fn idle_grace(&self) -> Duration {
        self.idle_grace
    }

    /// How long after the beginning of the drain a server closes everything that is still open, for example
    /// streams without an end, and returns: `Config::terminate_timeout` less a second, or less a tenth of it if
    /// that is shorter. The program then ends with its own exit code, instead of being killed.
    #[must_use]
    pub fn drain_limit(&self) -> Duration {
        self.drain_limit
    }

    /// Makes this process drain on SIGTERM and on SIGINT, as the servers of most frameworks do. A signal that
    /// the program handles or ignores, now or later, keeps that meaning. The program then returns with its own exit
    /// code; a second signal, more than a second after the first, ends the process at once. The servers of
    /// `selfup-tokio` and `selfup-actix` call this when they start.
    ///
    /// It changes neither the restart signal nor what the master does with these two: SIGTERM ends the service,
    /// and SIGINT is forwarded.
    ///
    /// # Errors
    ///
    /// The process has no descriptors or threads left.
    pub fn drain_on_signals(&self) -> io::Result<()> {
        let drain = self.drain.asked_for();
        drain_where_default(&[Signal::TERM, Signal::INT], drain, self.drain_limit)
    }

    /// Waits until there may be a connection; `false` if the program is to drain.
    fn wait_readable(&self) -> io::Result<bool> {
        while !self.drain.requested() {
            let mut fds = [
                PollFd::new(self.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.drain.fd()?, PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) => return Ok(true),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(false)
    }
}

impl Socket {
    fn accept(&self) -> io::Result<Stream> {
        let stream = match self {
            Self::Tcp(listener) => Stream::Tcp(listener.accept()?.0),
            Self::Unix(listener) => Stream::Unix(listener.accept()?.0),
        };
        if ACCEPTS_IN_THE_MODE_OF_THE_LISTENER {
            stream.set_nonblocking(false)?;
        }
        Ok(stream)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Socket::Tcp(listener) => listener.as_fd(),
            Socket::Unix(listener) => listener.as_fd(),
        }
    }
}

impl From<Listener> for OwnedFd {
    fn from(listener: Listener) -> Self {
        match listener.socket {
            Socket::Tcp(listener) => listener.into(),
            Socket::Unix(listener) => listener.into(),
        }
    }
}

/// The connections of a [`Listener`], as they come. From [`Listener::incoming`].
pub struct Incoming<'a> {
    listener: &'a Listener,
    pause: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Iterator for Incoming<'_> {
    type Item = io::Result<Connection>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.listener.accept() {
                Err(error) if is_of_lack(&error) => {
                    if self.listener.drain.wait_timeout(self.pause) {
                        return None;
                    }
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                }
                accepted => {
                    self.pause = FIRST_PAUSE;
                    return accepted.transpose();
                }
            }
        }
    }
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Incoming").field(self.listener).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        hint,
        sync::{Barrier, mpsc},
        thread,
    };

    use super::*;

    /// The moment cannot be forced, so it is looked for, later with each round.
    #[test]
    fn the_end_waits_for_what_another_thread_is_accepting() {
        for round in 0..1000 {
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            let _client = std::net::TcpStream::connect(socket.local_addr().unwrap()).unwrap();
            let (drain, counter) = (GracefulShutdown::new(), Counter::default());
            let times = (Duration::ZERO, Duration::MAX);
            let (socket, accepting) = (Socket::Tcp(socket), Accepting::of_nothing());
            let listener = Listener::new(socket, drain.clone(), times, counter.clone(), accepting);
            let (over, is_over) = mpsc::channel();
            let together = Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(|| {
                    together.wait();
                    (0..round).for_each(|_| hint::spin_loop());
                    drain.request();
                    counter.wait_until_none(Duration::MAX);
                    over.send(()).ok();
                });
                together.wait();
                if let Some(connection) = listener.accept().unwrap() {
                    let end = is_over.recv_timeout(Duration::from_millis(1));
                    assert!(end.is_err(), "ended with {connection:?} open");
                }
            });
        }
    }
}
