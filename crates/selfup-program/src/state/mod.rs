//! What the program has from its master.

mod sockets;

use std::{
    fmt,
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use selfup_fds::{FdSet, Inherited, LocalAddress};

use crate::{
    handle::Handle,
    master_link::MasterLink,
    notify::{Descriptor, Notify},
    options::Options,
    process::identity::Identity,
    ready::Ready,
    serving::{counter::Counter, parts::drain_limit, shutdown::GracefulShutdown},
};

/// How long a program that is about to end waits for its master to read its last messages.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the program has from its master: the sockets, and a [`Handle`] to the master.
///
/// The program takes each socket out of it once, at any time: with
/// [`Readiness::Listening`](crate::Readiness::Listening), the default, the program counts as ready when it
/// waits for clients at all of them. If the program fails before that, the child that serves goes on serving,
/// whatever sockets were taken.
///
/// A `State` has every method of its [`handle`](Self::handle), which can be cloned and given to other threads
/// and tasks.
///
/// ```
/// fn program(state: selfup::State) -> std::io::Result<()> {
///     let metrics = state.take_listener_named("metrics").map_err(std::io::Error::other)?;
///     let handle = state.handle();
///     std::thread::spawn(move || {
///         for connection in metrics.incoming() {
///             // … send the metrics of `handle.generation()` …
/// #           let _ = (connection, &handle);
///         }
///     });
///     for connection in state.take_listener().incoming() {
///         // … serve …
/// #       let _ = connection;
///     }
///     Ok(())
/// }
/// ```
pub struct State {
    handle: Handle,
    addresses: Vec<String>,
    connections: Counter,
    idle_grace: Duration,
    drain_limit: Duration,
}

impl State {
    /// A state without a master and without sockets, for a program that calls its own function.
    ///
    /// ```
    /// let state = selfup::State::disabled();
    /// assert!(!state.enabled() && state.address().is_none());
    /// ```
    #[must_use]
    #[doc(alias = "DisabledState")]
    pub fn disabled() -> Self {
        Self::with_sockets(Inherited::none())
    }

    /// A state without a master, with these listeners: for tests of a program's own function. The first
    /// listener is named `address-0`, the next `address-1`, as with `Config::address`.
    ///
    /// ```
    /// use std::{io::Write, net::{TcpListener, TcpStream}};
    ///
    /// fn program(state: selfup::State) -> std::io::Result<()> {
    ///     match state.take_listener().accept()? {
    ///         Some(mut connection) => connection.write_all(b"hello"),
    ///         None => Ok(()),
    ///     }
    /// }
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let client = TcpStream::connect(listener.local_addr()?)?;
    /// program(selfup::State::for_tests([listener]))?;
    /// assert_eq!(std::io::read_to_string(client)?, "hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the kind of a listener cannot be determined.
    #[must_use]
    #[expect(clippy::expect_used, reason = "documented: for tests, which are to fail then")]
    pub fn for_tests<T: Into<OwnedFd>>(listeners: impl IntoIterator<Item = T>) -> Self {
        let mut sockets = FdSet::new();
        for (index, listener) in listeners.into_iter().enumerate() {
            let name = format!("address-{index}");
            sockets.insert(&name, listener.into()).expect("open descriptor");
        }
        Self::with_sockets(sockets.into_inherited().nonblocking(true))
    }

    fn with_sockets(sockets: Inherited) -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        Self::new(sockets, 0, Identity::new(path), &Options::default(), None)
    }

    pub(crate) fn new(
        sockets: Inherited,
        generation: u64,
        identity: Identity,
        options: &Options,
        link: Option<MasterLink>,
    ) -> Self {
        Self {
            addresses: sockets.iter().map(|(_, _, fd)| address_of(fd)).collect(),
            connections: Counter::default(),
            idle_grace: options.idle_grace,
            drain_limit: drain_limit(options.terminate_timeout),
            handle: Handle::new(sockets, generation, identity, options.readiness, link),
        }
    }

    /// The service manager that this process reports to, where the program runs in the process that it started.
    pub(crate) fn set_manager(&self, manager: Option<Notify>, descriptor: Option<Descriptor>) {
        self.handle.readiness().set_manager(manager, descriptor);
    }

    pub(crate) fn readiness(&self) -> Ready {
        self.handle.readiness()
    }

    /// The handle to the master, which can be cloned and given to other threads and tasks.
    ///
    /// ```
    /// use selfup::State;
    ///
    /// let state = State::disabled();
    /// let handle = state.handle();
    /// std::thread::spawn(move || handle.status("warming the cache")).join().unwrap();
    /// ```
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// As [`Handle::enabled`].
    #[must_use]
    #[doc(alias = "Enabled")]
    pub fn enabled(&self) -> bool {
        self.handle.enabled()
    }

    /// As [`Handle::id`].
    #[must_use]
    #[doc(alias = "ID")]
    pub fn id(&self) -> &str {
        self.handle.id()
    }

    /// As [`Handle::started_at`].
    #[must_use]
    #[doc(alias = "StartedAt")]
    pub fn started_at(&self) -> SystemTime {
        self.handle.started_at()
    }

    /// As [`Handle::bin_path`].
    #[must_use]
    #[doc(alias = "BinPath")]
    pub fn bin_path(&self) -> &Path {
        self.handle.bin_path()
    }

    /// As [`Handle::generation`].
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.handle.generation()
    }

    /// As [`Handle::graceful_shutdown`].
    #[must_use]
    #[doc(alias = "GracefulShutdown")]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.handle.graceful_shutdown()
    }

    pub(crate) fn drain(&self) -> &GracefulShutdown {
        self.handle.drain()
    }

    /// As [`Handle::ready`].
    pub fn ready(&self) {
        self.handle.ready();
    }

    /// As [`Handle::alive`].
    pub fn alive(&self) {
        self.handle.alive();
    }

    /// As [`Handle::status`].
    pub fn status(&self, text: &str) {
        self.handle.status(text);
    }

    /// Runs the program. If it drains, waits for the connections that it accepted, up to the drain limit.
    pub(crate) fn run(self, program: impl FnOnce(Self) -> ExitCode) -> ExitCode {
        let (drain, connections) = (self.drain().clone(), self.connections.clone());
        let (link, limit) = (self.handle.link(), self.drain_limit);
        self.handle.readiness().entered();
        let code = program(self);
        if let Some(since) = drain.since() {
            connections.wait_until_none(limit.saturating_sub(since.elapsed()));
        }
        if let Some(link) = link {
            link.finish(LAST_WORDS);
        }
        code
    }
}

/// A descriptor that is no socket has no address; it keeps its place with an empty one.
fn address_of(fd: BorrowedFd<'_>) -> String {
    LocalAddress::of(fd).map(|address| address.to_string()).unwrap_or_default()
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("handle", &self.handle)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
