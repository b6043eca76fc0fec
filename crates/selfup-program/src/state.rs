//! What the program has from its master.

use std::{
    collections::BTreeSet,
    fmt,
    net::UdpSocket,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixDatagram,
    },
    path::Path,
    process::ExitCode,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use selfup_fds::{Inherited, LocalAddress};

use crate::{
    child::MasterLink,
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

/// What the program has from its master: the sockets, who it is, and when it is time to finish.
///
/// Sockets are taken out of it, each once, and it does not matter when: with
/// [`Readiness::Listening`](crate::Readiness::Listening), the default, the program counts as ready when
/// it waits for clients at all of them. A program that fails before that, whatever it has taken, leaves
/// the one that serves serving.
pub struct State {
    generation: u64,
    identity: Identity,
    started_at: SystemTime,
    sockets: Mutex<Inherited>,
    addresses: Vec<String>,
    ready: Ready,
    link: Option<MasterLink>,
    drain: GracefulShutdown,
    connections: Counter,
    idle_grace: Duration,
    drain_limit: Duration,
}

impl State {
    /// The state of a program that runs without the overseer and without sockets: a placeholder
    /// for programs that call themselves, and for tests.
    #[must_use]
    pub fn disabled() -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        Self::new(Inherited::none(), Identity::new(path), &Options::default(), None)
    }

    pub(crate) fn new(
        sockets: Inherited,
        identity: Identity,
        options: &Options,
        link: Option<MasterLink>,
    ) -> Self {
        Self {
            generation: 0,
            identity,
            started_at: SystemTime::now(),
            addresses: sockets.iter().map(|(_, _, fd)| address_of(fd)).collect(),
            ready: Ready::new(options.readiness, &sockets, link.clone()),
            sockets: Mutex::new(sockets),
            link,
            drain: GracefulShutdown::new(),
            connections: Counter::default(),
            idle_grace: options.idle_grace,
            drain_limit: drain_limit(options.terminate_timeout),
        }
    }

    pub(crate) fn set_generation(&mut self, generation: u64) {
        self.generation = generation;
    }

    /// The program runs in the process that the service manager has started.
    pub(crate) fn set_manager(&mut self, manager: Option<Notify>) {
        self.ready.set_manager(manager);
    }

    pub(crate) fn readiness(&self) -> Ready {
        self.ready.clone()
    }

    /// Whether the program runs under a master. If not, nothing is restarted or upgraded, and
    /// [`graceful_shutdown`](Self::graceful_shutdown) is requested by SIGTERM alone, with
    /// `drain_on_terminate`.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.link.is_some()
    }

    /// The SHA-1 of the executable that runs, in 40 hexadecimal digits; empty if it cannot be
    /// read. The first call reads the whole file.
    #[must_use]
    pub fn id(&self) -> &str {
        self.identity.id()
    }

    /// When this program was entered, by the wall clock.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// The path from which this process was started.
    #[must_use]
    pub fn bin_path(&self) -> &Path {
        self.identity.path()
    }

    /// The number of this child: the first of a master is 1. It is 0 without a master.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Takes the first listener that is left. The others, by name:
    /// [`take_listener`](Self::take_listener).
    ///
    /// # Panics
    ///
    /// If there is none: no address was configured, or it was taken before. That is a mistake in
    /// the program, and no way to go on.
    #[must_use]
    #[expect(clippy::panic, reason = "documented: a server without its socket cannot go on")]
    pub fn listener(&self) -> Listener {
        match self.take_next() {
            Some(listener) => listener,
            None => panic!(
                "no listener is left to take; configure one with `Config::address`, take it once"
            ),
        }
    }

    /// Takes all listeners that are left, in the order of the configuration. Datagram sockets and
    /// other descriptors stay.
    #[must_use]
    pub fn listeners(&self) -> Vec<Listener> {
        std::iter::from_fn(|| self.take_next()).collect()
    }

    /// Takes a listener by its name: that of `Config::listen`, or
    /// `address-N` for the Nth address counted from 0.
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is no stream listener; then it stays.
    pub fn take_listener(&self, name: &str) -> Result<Listener, selfup_fds::Error> {
        let (socket, index) = self.take(|sockets| {
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
    /// # Errors
    ///
    /// There is none of that name, or it is no UDP socket; then it stays.
    pub fn take_udp(&self, name: &str) -> Result<UdpSocket, selfup_fds::Error> {
        self.take(|sockets| sockets.take_udp_socket(name))
    }

    /// Takes a Unix datagram socket by its name, as [`take_udp`](Self::take_udp) does.
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is no Unix datagram socket; then it stays.
    pub fn take_unix_datagram(&self, name: &str) -> Result<UnixDatagram, selfup_fds::Error> {
        self.take(|sockets| sockets.take_unix_datagram(name))
    }

    /// Takes any descriptor by its name, as it is.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub fn take_fd(&self, name: &str) -> Result<OwnedFd, selfup_fds::Error> {
        self.take(|sockets| sockets.take_fd(name))
    }

    /// Where the first socket listens, with the real port where 0 was asked for; in the form of
    /// the configuration. `None` without sockets.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.addresses.first().map(String::as_str)
    }

    /// Where all sockets listen, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// The handle that says when it is time to finish.
    #[must_use]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.drain.clone()
    }

    /// Says that the program can serve. Sockets that nobody has taken are closed now, since their
    /// clients would wait for nobody.
    ///
    /// With [`Readiness::Listening`](crate::Readiness::Listening) it need not be called where the
    /// program's waiting for clients is seen; see there.
    pub fn ready(&self) {
        drop(std::mem::replace(&mut *self.sockets(), Inherited::none()));
        self.ready.say();
    }

    /// Asks for a graceful restart, as [`restart`](crate::restart::restart) does.
    pub fn restart(&self) -> bool {
        self.link.as_ref().map(MasterLink::restart).is_some()
    }

    /// Says that the program is alive, for [`Watchdog::Program`](crate::Watchdog::Program); costs
    /// next to nothing.
    ///
    /// Call it from where the program would hang if it hung: its event loop, or each of its workers
    /// in turn. Half of the manager's time (`WatchdogSec=` in a unit of systemd) is the longest
    /// pause between two calls.
    pub fn alive(&self) {
        if let Some(link) = &self.link {
            link.alive();
        }
    }

    /// Tells the master one line about what the program is doing, for people; about 1,000 bytes
    /// at most.
    pub fn status(&self, text: &str) {
        if let Some(link) = &self.link {
            link.status(text);
        }
    }

    /// Runs the program. If it was told to finish, waits for the connections that it gave away, but
    /// not until the master kills it.
    pub(crate) fn run(self, program: Program) -> ExitCode {
        let (drain, connections) = (self.drain.clone(), self.connections.clone());
        let (link, limit) = (self.link.clone(), self.drain_limit);
        self.ready.entered();
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
        let names: Vec<String> = self.sockets().names().map(str::to_owned).collect();
        names.iter().find_map(|name| self.take_listener(name).ok())
    }

    fn take<T>(
        &self,
        take: impl FnOnce(&mut Inherited) -> Result<T, selfup_fds::Error>,
    ) -> Result<T, selfup_fds::Error> {
        let mut sockets = self.sockets();
        let taken = take(&mut sockets)?;
        let left: BTreeSet<usize> = sockets.iter().map(|(index, ..)| index).collect();
        drop(sockets);
        self.ready.taken(&left);
        Ok(taken)
    }

    fn listen(&self, socket: Socket, index: usize) -> Listener {
        let accepting = Accepting::new(self.ready.clone(), index);
        let (drain, connections) = (self.drain.clone(), self.connections.clone());
        Listener::new(socket, drain, (self.idle_grace, self.drain_limit), connections, accepting)
    }

    fn sockets(&self) -> MutexGuard<'_, Inherited> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
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
            .field("enabled", &self.enabled())
            .field("generation", &self.generation)
            .field("bin_path", &self.bin_path())
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
