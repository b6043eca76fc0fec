//! What the program has from its master.

use std::{
    fmt,
    net::UdpSocket,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixDatagram,
    },
    path::Path,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use selfup_fds::{FdSet, Inherited, LocalAddress};

use crate::{
    child::MasterLink,
    handle::Handle,
    notify::Notify,
    options::{Options, Program},
    process::identity::Identity,
    ready::{Accepting, Ready},
    serving::{
        counter::Counter,
        listener::{Listener, Socket},
        shutdown::GracefulShutdown,
    },
};

/// How long a program that is about to end waits for its master to read what it has said.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the program has from its master: the sockets, and a [`Handle`] to the master.
///
/// Sockets are taken out of it, each once, and it does not matter when: with
/// [`Readiness::Listening`](crate::Readiness::Listening), the default, the program counts as ready when
/// it waits for clients at all of them. A program that fails before that, whatever it has taken, leaves
/// the child that serves serving.
///
/// It has every method of its [`handle`](Self::handle), which can be cloned and given to other threads
/// and tasks.
pub struct State {
    handle: Handle,
    addresses: Vec<String>,
    connections: Counter,
    idle_grace: Duration,
    drain_limit: Duration,
}

impl State {
    /// The state of a program that runs without a master and without sockets: a placeholder for
    /// programs that call themselves.
    #[must_use]
    pub fn disabled() -> Self {
        Self::with_sockets(Inherited::none())
    }

    /// A state without a master that has these listeners, for tests of a program's own function. The
    /// first is named `address-0`, the next `address-1`, as with `Config::address`.
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
    /// If the descriptor of a listener cannot be looked at.
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

    /// The program runs in the process that the service manager has started.
    pub(crate) fn set_manager(&self, manager: Option<Notify>) {
        self.handle.readiness().set_manager(manager);
    }

    pub(crate) fn readiness(&self) -> Ready {
        self.handle.readiness()
    }

    /// A handle to the master, to be cloned and given to other threads and tasks.
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

    /// Takes the first listener that is left. The others, by name:
    /// [`take_listener_named`](Self::take_listener_named).
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let listener = state.take_listener();
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none: no address was configured, or it was taken before. That is a mistake in
    /// the program, and no way to go on.
    #[must_use]
    #[doc(alias = "Listener")]
    #[doc(alias = "listener")]
    #[expect(clippy::panic, reason = "documented: a server without its socket cannot go on")]
    pub fn take_listener(&self) -> Listener {
        match self.take_next() {
            Some(listener) => listener,
            None => panic!(
                "no listener is left to take; configure one with `Config::address`, take it once"
            ),
        }
    }

    /// Takes all listeners that are left, in the order of the configuration. Datagram sockets and
    /// other descriptors stay.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert_eq!(state.take_listeners().len(), 1);
    /// ```
    #[must_use]
    #[doc(alias = "Listeners")]
    #[doc(alias = "listeners")]
    pub fn take_listeners(&self) -> Vec<Listener> {
        std::iter::from_fn(|| self.take_next()).collect()
    }

    /// Takes a listener by its name: that of `Config::listen`, or
    /// `address-N` for the Nth address counted from 0.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let metrics = state.take_listener_named("address-0").unwrap();
    /// assert!(state.take_listener_named("address-0").is_err(), "it was taken");
    /// ```
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is no stream listener; then it stays.
    pub fn take_listener_named(&self, name: &str) -> Result<Listener, selfup_fds::Error> {
        let (socket, index) = self.handle.take(|sockets| {
            let index =
                sockets.iter().find(|(_, other, _)| *other == name).map(|(index, ..)| index);
            let socket = match sockets.take_tcp_listener(name) {
                Ok(listener) => Ok(Socket::Tcp(listener)),
                // What it says of the wrong kind is said of TCP, which most people want.
                Err(not_tcp) => {
                    sockets.take_unix_listener(name).map(Socket::Unix).map_err(|_| not_tcp)
                }
            };
            // Where it is taken from, there it was.
            socket.map(|socket| (socket, index.unwrap_or_default()))
        })?;
        Ok(self.listen(socket, index))
    }

    /// Takes a UDP socket by its name. It is in non-blocking mode, as the listeners are.
    ///
    /// Two generations that read from one socket each get some of the datagrams. Where that
    /// matters, use `Handover::Sequential`: one reader at a time.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.take_udp_socket("address-0").is_err(), "it is a listener");
    /// ```
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is no UDP socket; then it stays.
    pub fn take_udp_socket(&self, name: &str) -> Result<UdpSocket, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_udp_socket(name))
    }

    /// Takes a Unix datagram socket by its name, as [`take_udp_socket`](Self::take_udp_socket) does.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.take_unix_datagram("address-0").is_err(), "it is a listener");
    /// ```
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is no Unix datagram socket; then it stays.
    pub fn take_unix_datagram(&self, name: &str) -> Result<UnixDatagram, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_unix_datagram(name))
    }

    /// Takes any descriptor by its name, as it is.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// let descriptor = state.take_fd("address-0").unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub fn take_fd(&self, name: &str) -> Result<OwnedFd, selfup_fds::Error> {
        self.handle.take(|sockets| sockets.take_fd(name))
    }

    /// Where the first socket listens, with the real port where 0 was asked for; in the form of
    /// the configuration. `None` without sockets.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert!(state.address().unwrap().starts_with("tcp://127.0.0.1:"));
    /// ```
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.addresses.first().map(String::as_str)
    }

    /// Where all sockets listen, in the order of the configuration.
    ///
    /// ```
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// # let state = selfup::State::for_tests([listener]);
    /// assert_eq!(state.addresses().len(), 1);
    /// ```
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// As [`Handle::graceful_shutdown`].
    #[must_use]
    #[doc(alias = "GracefulShutdown")]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.handle.graceful_shutdown()
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

    /// Runs the program. If it drains, waits for the connections that it gave away, but
    /// not until the master kills it.
    pub(crate) fn run(self, program: Program) -> ExitCode {
        let (drain, connections) = (self.graceful_shutdown(), self.connections.clone());
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

    fn take_next(&self) -> Option<Listener> {
        let names = self.handle.socket_names();
        names.iter().find_map(|name| self.take_listener_named(name).ok())
    }

    fn listen(&self, socket: Socket, index: usize) -> Listener {
        let accepting = Accepting::new(self.handle.readiness(), index);
        let (drain, connections) = (self.graceful_shutdown(), self.connections.clone());
        Listener::new(socket, drain, (self.idle_grace, self.drain_limit), connections, accepting)
    }
}

/// A second less than the child has until it is killed, or a tenth of it if that is less: time enough
/// to return from the program.
fn drain_limit(terminate_timeout: Duration) -> Duration {
    terminate_timeout - (terminate_timeout / 10).min(Duration::from_secs(1))
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
