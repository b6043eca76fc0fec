//! Listeners, their connections and one signal to drain, for a process that has no master.

use std::{
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use selfup_fds::Kind;

use super::{
    counter::Counter,
    listener::{Listener, Socket},
    shutdown::GracefulShutdown,
};
use crate::ready::Accepting;

/// What serves in a process that decides by itself when it drains.
#[derive(Clone, Debug)]
pub struct Serving {
    drain: GracefulShutdown,
    connections: Counter,
    idle_grace: Duration,
    drain_limit: Duration,
}

impl Serving {
    /// With the same meaning of the times as in [`Options`](crate::Options).
    #[must_use]
    pub fn new(idle_grace: Duration, terminate_timeout: Duration) -> Self {
        let drain_limit = drain_limit(terminate_timeout);
        let (drain, connections) = (GracefulShutdown::new(), Counter::default());
        Self { drain, connections, idle_grace, drain_limit }
    }

    /// A listener for this socket, which gets into non-blocking mode.
    ///
    /// # Errors
    ///
    /// It is no listening stream socket. The error is the descriptor.
    pub fn listener(&self, fd: OwnedFd) -> Result<Listener, OwnedFd> {
        let kind = Kind::of(fd.as_fd());
        if !matches!(kind, Kind::TcpListener | Kind::UnixListener) {
            return Err(fd);
        }
        let flags = fcntl(&fd, FcntlArg::F_GETFL).map(OFlag::from_bits_retain);
        let set = flags.and_then(|flags| fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)));
        if set.is_err() {
            return Err(fd);
        }
        let socket = match kind {
            Kind::TcpListener => Socket::Tcp(fd.into()),
            _ => Socket::Unix(fd.into()),
        };
        let (drain, connections) = (self.drain.clone(), self.connections.clone());
        let times = (self.idle_grace, self.drain_limit);
        Ok(Listener::new(socket, drain, times, connections, Accepting::of_nothing()))
    }

    /// The signal to drain, of every listener.
    #[must_use]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.drain.clone()
    }

    /// Requests that the program drains.
    pub fn drain(&self) {
        self.drain.request();
    }

    /// Waits until every connection of a [`Listener`] has been dropped, at most until the limit of the drain.
    pub fn finish(&self) {
        if let Some(since) = self.drain.since() {
            let left = self.drain_limit.saturating_sub(since.elapsed());
            self.connections.wait_until_none(left);
        }
    }
}

/// The terminate timeout less a second, or less a tenth of it if that is shorter: the rest is for the program
/// to return before it is killed.
pub(crate) fn drain_limit(terminate_timeout: Duration) -> Duration {
    terminate_timeout - (terminate_timeout / 10).min(Duration::from_secs(1))
}
