//! What a program holds: its sockets, its readiness, its end.

use std::{
    fmt,
    io::{self, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
};

use selfup_fds::Inherited;
use selfup_program::{GracefulShutdown, Listener, Serving};

use crate::{
    descriptors::Descriptors,
    error::{Error, ErrorKind, Result},
    request::Request,
};

/// A program's hold on handoffs. Clones are the same; any thread may use them.
#[derive(Clone)]
pub struct Upgrader {
    shared: Arc<Shared>,
}

struct Shared {
    descriptors: Arc<Mutex<Descriptors>>,
    serving: Serving,
    requests: Mutex<mpsc::Sender<Request>>,
    bell: UnixStream,
    generation: u64,
    has_parent: bool,
    /// Locked while an upgrade is fetched and handed over to.
    #[cfg(feature = "upgrade")]
    upgrading: Mutex<()>,
}

impl Upgrader {
    pub(crate) fn new(
        inherited: Inherited,
        serving: Serving,
        requests: mpsc::Sender<Request>,
        bell: UnixStream,
        generation: u64,
        has_parent: bool,
    ) -> Self {
        let shared = Shared {
            descriptors: Arc::new(Mutex::new(Descriptors::new(inherited))),
            serving,
            requests: Mutex::new(requests),
            bell,
            generation,
            has_parent,
            #[cfg(feature = "upgrade")]
            upgrading: Mutex::new(()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Takes over the listening socket of this name from the predecessor, or binds it. The address is that of
    /// `selfup_fds`: `127.0.0.1:3000`, `unix:///run/app.sock`.
    ///
    /// The listener ends by itself when this process is to drain, and works with the servers of `selfup-tokio` and
    /// `selfup-actix`.
    ///
    /// # Errors
    ///
    /// The address cannot be bound, or is none of a stream socket.
    pub fn listen(&self, name: &str, address: &str) -> Result<Listener> {
        let socket = self.bind(name, address)?;
        self.shared.serving.listener(socket).map_err(|_| {
            let what =
                format!("could not listen on {address} ({name:?}): no connections come there");
            Error::new(ErrorKind::Socket, what)
        })
    }

    /// Takes over the socket of this name and of any kind from the predecessor, or binds it: a UDP socket, or one
    /// that is served by other means than a [`Listener`].
    ///
    /// # Errors
    ///
    /// The address cannot be bound.
    pub fn bind(&self, name: &str, address: &str) -> Result<OwnedFd> {
        self.descriptors().bind(name, address)
    }

    /// Takes a descriptor that the predecessor has passed on under this name: a file, a pipe, a connection. It is
    /// not passed on again by itself.
    #[must_use]
    pub fn take_fd(&self, name: &str) -> Option<OwnedFd> {
        self.descriptors().take(name)
    }

    /// Passes a descriptor on to each successor from now on, in place of an earlier one of that name. This process
    /// keeps it open until [`withdraw_fd`](Self::withdraw_fd), or until it drains.
    ///
    /// # Errors
    ///
    /// The name is that of a socket, or no name.
    pub fn inherit_fd(&self, name: &str, fd: impl Into<OwnedFd>) -> Result<()> {
        self.descriptors().pass_on(name, fd.into())
    }

    /// Does not pass the descriptor of this name on any more, and returns it.
    #[must_use = "it is closed when it is dropped"]
    pub fn withdraw_fd(&self, name: &str) -> Option<OwnedFd> {
        self.descriptors().withdraw(name)
    }

    /// Reports that this process can serve. From then on it is the service, and its predecessor drains. What the
    /// predecessor has passed on and this process has not taken is closed.
    ///
    /// # Errors
    ///
    /// The thread that sees to handoffs has ended.
    pub fn ready(&self) -> Result<()> {
        self.descriptors().close_untaken();
        self.ask(Request::Ready)
    }

    /// Starts a handoff, and waits for it: until the successor is ready, or has failed. There is one at a time.
    ///
    /// # Errors
    ///
    /// Why there is no successor. This process serves on.
    pub fn upgrade(&self) -> Result<()> {
        self.ask(Request::Upgrade)?
    }

    /// Has this process drain, as SIGQUIT does.
    ///
    /// # Errors
    ///
    /// The thread that sees to handoffs has ended.
    pub fn stop(&self) -> Result<()> {
        self.ask(Request::Stop)
    }

    /// The signal that this process is to drain: it can be waited for, polled as a descriptor, and awaited.
    #[must_use]
    pub fn exit(&self) -> GracefulShutdown {
        self.shared.serving.graceful_shutdown()
    }

    /// Ends what this process does as a service: waits for the connections of its listeners, and with
    /// [`Strategy::Double`](crate::Strategy::Double) executes the new file in place of this process, in which case it
    /// does not return. Call it last in `main`, where nothing is left to be dropped.
    ///
    /// # Errors
    ///
    /// The new file could not be executed. This process should end: its helper is the service.
    pub fn finish(&self) -> Result<()> {
        self.ask(Request::Stopping)?;
        self.shared.serving.finish();
        self.ask(Request::Finish)?
    }

    /// Whether another process has started this one as its successor, or this process has executed a new file in its
    /// own place.
    #[must_use]
    pub fn has_parent(&self) -> bool {
        self.shared.has_parent
    }

    /// The number of this process in the line of its predecessors, from 1 on. A helper has one of its own, so that
    /// with [`Strategy::Double`](crate::Strategy::Double) the process itself has 1, 3, 5 and so on.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation
    }

    pub(crate) fn descriptors(&self) -> MutexGuard<'_, Descriptors> {
        self.shared.descriptors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "upgrade")]
    pub(crate) fn upgrading(&self) -> &Mutex<()> {
        &self.shared.upgrading
    }

    pub(crate) fn ask<T>(&self, request: impl FnOnce(mpsc::Sender<T>) -> Request) -> Result<T> {
        let gone = || {
            let what = "could not reach the thread that sees to handoffs: it has ended";
            Error::new(ErrorKind::Start, what)
        };
        let (reply, replied) = mpsc::channel();
        let requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.send(request(reply)).map_err(|_| gone())?;
        drop(requests);
        // A full pipe wakes the thread as well.
        let _rung = (&self.shared.bell).write(&[0]);
        replied.recv().map_err(|_| gone())
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

impl fmt::Debug for Upgrader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrader").field("generation", &self.generation()).finish_non_exhaustive()
    }
}
