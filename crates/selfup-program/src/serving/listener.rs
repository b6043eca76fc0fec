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
    connection::{Connection, Stream},
    counter::Counter,
    shutdown::GracefulShutdown,
};
use crate::{process::signals::drain_where_default, ready::Accepting};

/// A listening socket that all generations of the program share.
///
/// [`incoming`](Self::incoming) ends by itself when it is time to finish, and what is in the
/// kernel's queue then is left to the successor. Programs on an async runtime take the socket out
/// with [`into_tcp`](Self::into_tcp).
///
/// The socket is in non-blocking mode: that mode belongs to the socket, not to a process, and
/// while two generations wait for the same connection, the one that comes second must not block.
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

    /// Waits for the next connection; `None` when it is time to finish. The first call says that
    /// this socket is served ([`Readiness::Listening`](crate::Readiness::Listening)).
    ///
    /// # Errors
    ///
    /// Those of [accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html) that are not of one
    /// connection alone: above all, no descriptors left. Asking again at once would fail again;
    /// [`incoming`](Self::incoming) waits.
    pub fn accept(&self) -> io::Result<Option<Connection>> {
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
                    return Ok(Some(Connection::new(stream, drain, self.idle_grace, counted)));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The connections as they come; ends when it is time to finish.
    ///
    /// It waits out what passes: while descriptors or memory are missing, it tries again after a
    /// pause, 10 ms at first and up to a second. What is left are errors of the socket itself.
    #[must_use]
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self, pause: FIRST_PAUSE }
    }

    /// Says that clients are accepted from now on, for whoever takes the socket out to serve it in
    /// another way.
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

    /// The TCP socket itself, in non-blocking mode, as async runtimes want it. From now on the
    /// program itself must stop accepting when it is time to finish, and wait for its connections.
    ///
    /// It must also say when it accepts, by [`State::ready`](crate::State::ready) or
    /// [`accepting`](Self::accepting), unless that can be seen from outside
    /// ([`Readiness::Listening`](crate::Readiness::Listening)): of a listener of tokio it cannot.
    ///
    /// # Errors
    ///
    /// It is not a TCP socket: the listener is given back.
    pub fn into_tcp(self) -> Result<TcpListener, Self> {
        match self.socket {
            Socket::Tcp(listener) => Ok(listener),
            Socket::Unix(_) => Err(self),
        }
    }

    /// The Unix stream socket itself, as [`into_tcp`](Self::into_tcp).
    ///
    /// # Errors
    ///
    /// It is not a Unix socket: the listener is given back.
    pub fn into_unix(self) -> Result<UnixListener, Self> {
        match self.socket {
            Socket::Unix(listener) => Ok(listener),
            Socket::Tcp(_) => Err(self),
        }
    }

    /// The handle that says when it is time to finish.
    #[must_use]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.drain.clone()
    }

    /// How long a connection on which nothing is under way is kept then:
    /// `Config::idle_grace`.
    #[must_use]
    pub fn idle_grace(&self) -> Duration {
        self.idle_grace
    }

    /// How long after the drain has begun a server closes whatever is still open, streams without an
    /// end for example, and returns: a second less than
    /// `Config::terminate_timeout`, or a tenth of it if that is
    /// less. The program ends with its own code then, instead of being killed.
    #[must_use]
    pub fn drain_limit(&self) -> Duration {
        self.drain_limit
    }

    /// Has this process drain on SIGTERM and SIGINT, each unless the program handles or ignores it by
    /// now, as the servers of most frameworks do by themselves. The program then returns with its own
    /// code; a second signal, more than a second later, ends it at once. The servers of
    /// `selfup-tokio` and `selfup-actix` call it when they start.
    ///
    /// The restart signal is not affected, nor what the master does with these two: SIGTERM is the
    /// end of the service, and SIGINT is passed on.
    ///
    /// # Errors
    ///
    /// There are no descriptors or threads left.
    pub fn drain_on_signals(&self) -> io::Result<()> {
        drain_where_default(&self.drain, self.drain_limit)
    }

    /// Waits until there may be a connection; `false` when it was time to finish before.
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

/// What accept(2) says of one connection, and not of the socket: another generation was faster, the
/// client is gone already, its network is, or a firewall has forbidden it. The next one may be fine.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EAGAIN
                | libc::EINTR
                | libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EPERM
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::ENETDOWN
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH
                | libc::ENONET
                | libc::ETIMEDOUT
        )
    )
}

/// What the whole process, or machine, lacks for now.
fn is_of_lack(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::ENOSR)
    )
}

impl Socket {
    fn accept(&self) -> io::Result<Stream> {
        let stream = match self {
            Self::Tcp(listener) => Stream::Tcp(listener.accept()?.0),
            Self::Unix(listener) => Stream::Unix(listener.accept()?.0),
        };
        // Linux does not hand the listener's mode on to the connection; others do.
        if !cfg!(any(target_os = "linux", target_os = "android")) {
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

/// The connections of a [`Listener`], as they come.
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
