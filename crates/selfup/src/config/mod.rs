//! What to run, on which sockets, and how to restart and upgrade it.

mod handover;
#[cfg(feature = "control")]
mod start;
mod upgrades;

use std::{fmt, os::fd::RawFd, path::PathBuf};

use selfup_master::{Error, ErrorKind, Report, Settings, Verbosity};
use selfup_program::{Entry, Listen, Outcome, Prepare, Program, State};
use selfup_signals::Signal;

#[cfg(feature = "control")]
use crate::supervise::Supervise;

/// What to run, on which sockets, and how to restart and upgrade it.
///
/// Everything but the program has a default. [`run`](crate::run) reports a value that cannot be used,
/// before a child is started.
///
/// ```no_run
/// use std::{io::Write, process::ExitCode};
///
/// fn main() -> ExitCode {
///     selfup::run(selfup::Config::new(program).address("127.0.0.1:3000"))
/// }
///
/// fn program(state: selfup::State) -> std::io::Result<()> {
///     for connection in state.take_listener().incoming() {
///         // A client that has gone is no reason to end.
///         let _gone = writeln!(connection?, "hello from {}", state.id());
///     }
///     Ok(())
/// }
/// ```
#[doc(alias = "Run")]
#[must_use = "a configuration does nothing until it is given to `run`"]
pub struct Config {
    pub(crate) program: Program,
    pub(crate) prepare: Option<Prepare>,
    /// For the process of the program.
    pub(crate) child: selfup_program::Options,
    /// For the master.
    pub(crate) master: Settings,
    pub(crate) required: bool,
    #[cfg(feature = "control")]
    supervise: Supervise,
    /// Whether the program runs in this process because that is wanted.
    pub(crate) is_direct: bool,
}

impl Config {
    /// A configuration with this program, no sockets and no upgrades, that restarts on SIGUSR2.
    ///
    /// The program runs in the child; where no master can run, in this process (see
    /// [`required`](Self::required)). It may return whatever `main` may return.
    ///
    /// The runtime of an async program belongs around the program, not around `main`: the master needs none, and
    /// the child cannot create its own inside another.
    ///
    /// ```text
    /// fn main() -> ExitCode {
    ///     selfup::run(selfup::Config::new(program).address("127.0.0.1:3000"))
    /// }
    ///
    /// #[tokio::main]
    /// async fn program(state: selfup::State) -> io::Result<()> {
    ///     let router = router().await?;
    ///     selfup_tokio::axum::serve(state.take_listener(), router).await
    /// }
    /// ```
    ///
    /// Without a runtime around it, an `async fn` does not compile here:
    ///
    /// ```compile_fail
    /// async fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program);
    /// ```
    #[doc(alias = "Program")]
    pub fn new<T: Outcome>(program: impl FnOnce(State) -> T + 'static) -> Self {
        Self {
            program: Box::new(|state| program(state).report()),
            prepare: None,
            child: selfup_program::Options::default(),
            master: Settings::default(),
            required: false,
            #[cfg(feature = "control")]
            supervise: Supervise::default(),
            is_direct: false,
        }
    }

    /// Adds an address to listen on. [`Address`](crate::Address) lists all forms: `host:port`, `:port`,
    /// `tcp://`, `udp://`, `unix:///path`, `fd://name` and more. An address that cannot be bound is an error of
    /// the start.
    ///
    /// The master binds it once, and all children share the socket. List every port that the program listens on,
    /// those for metrics and administration included: a port that the program binds itself is still in use by
    /// the old child when a new one starts, so the new child fails.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).address("127.0.0.1:3000").address("udp://:514");
    /// ```
    #[doc(alias = "Address")]
    pub fn address(self, address: impl Into<String>) -> Self {
        let name = format!("address-{}", self.master.listen.len());
        self.listen(name, address)
    }

    /// Adds several addresses, as [`address`](Self::address) does.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).addresses(["127.0.0.1:3000", "[::1]:3000"]);
    /// ```
    #[doc(alias = "Addresses")]
    pub fn addresses<A: Into<String>>(self, addresses: impl IntoIterator<Item = A>) -> Self {
        addresses.into_iter().fold(self, Self::address)
    }

    /// Adds an address under a name, by which
    /// [`State::take_listener_named`](crate::State::take_listener_named) takes the socket. The Nth
    /// [`address`](Self::address), counted from 0, is named `address-N`.
    ///
    /// A name has 1 to 255 printable ASCII characters and no colon (as in `LISTEN_FDNAMES`,
    /// [sd_listen_fds(3)](https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html)).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).listen("metrics", "127.0.0.1:9100");
    /// ```
    pub fn listen(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.master.listen.push(Listen { name: name.into(), address: address.into() });
        self
    }

    /// Sets a hook that the master calls for every [`Event`](crate::Event), with its time and the child that it is
    /// about. The default is none.
    ///
    /// The hook runs in the master and blocks its loop, so it has to return quickly. After a panic it is not
    /// called again.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).on_event(|report| match &report.event {
    ///     selfup::Event::Upgraded { version: Some(version), .. } => eprintln!("now at {version}"),
    ///     _ => {}
    /// });
    /// ```
    pub fn on_event(mut self, hear: impl FnMut(&Report) + Send + 'static) -> Self {
        self.master.on_event = Some(Box::new(hear));
        self
    }

    /// Sets a hook that runs in each child first, before any thread of selfup's exists. It is the place for what
    /// must hold for every thread of the process, or can be done only while there is one:
    /// `unshare(CLONE_NEWUSER)`, landlock, seccomp. The sockets and the control channel are open already, and
    /// must stay open.
    ///
    /// An error ends the child before it is ready. Where the program runs without a master, the hook runs
    /// before the program, too. The default is none.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).in_child(|| std::env::set_current_dir("/"));
    /// ```
    pub fn in_child<E>(mut self, prepare: impl FnOnce() -> Result<(), E> + 'static) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.prepare = Some(Box::new(|| prepare().map_err(Into::into)));
        self
    }

    /// Writes the pid of the master to this file, in digits and with a newline, for scripts that send it
    /// signals. The default is none: systemd, supervisord, runit and s6 know the pid.
    ///
    /// The file appears, complete, when the first child serves, and stays the same through restarts and
    /// upgrades, as the pid does. The master removes it when it ends, if the file is still its own.
    ///
    /// While it runs, the master holds a lock on the file
    /// ([flock(2)](https://man7.org/linux/man-pages/man2/flock.2.html)). A stale file is therefore
    /// recognised and replaced, even if its pid has been reused. If another process holds the lock,
    /// [`run`](crate::run) fails before it does anything else.
    ///
    /// If the file cannot be written, the master warns, and tries again at the next restart. Keep it in a
    /// folder that no other user may write to: the content of the file decides which process is signalled.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).pid_file("/run/app/app.pid");
    /// ```
    pub fn pid_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.master.pid_file = Some(path.into());
        self
    }

    /// Sets the number of the descriptor on which the service manager waits for a newline: what is in the file
    /// `notification-fd` of a service of [s6](https://skarnet.org/software/s6/notifywhenup.html), and commonly 3. The
    /// default is none.
    ///
    /// The newline is written when the first child is ready, and the descriptor is closed. Children do not inherit
    /// it. A program that is started by hand, so that no pipe is passed under this number, warns and goes on.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).notification_fd(3);
    /// ```
    pub fn notification_fd(mut self, number: RawFd) -> Self {
        self.master.options.notification_fd = Some(number);
        self
    }

    /// Opens a control socket, on which an operator asks what the service does, and has it restart, upgrade or
    /// stop: `NAME.sock` in `$RUNTIME_DIRECTORY`, else in `$XDG_RUNTIME_DIR`, else, as root, in `/run`. The default
    /// is none.
    ///
    /// Only the user of the service and root may ask: the socket has the mode 0600, and the master looks at the
    /// credentials of its peers. [`cli`](crate::cli) is the client in the program's own command line, and
    /// `docs/CONTROL.md` describes the protocol.
    ///
    /// If the socket cannot be opened, because another service of the name runs for example, the master warns,
    /// and the service runs without it.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).control("app");
    /// ```
    #[cfg(feature = "control")]
    #[cfg_attr(docsrs, doc(cfg(feature = "control")))]
    pub fn control(mut self, name: impl Into<String>) -> Self {
        self.master.control = Some(name.into());
        self
    }

    /// For the tests of this project: behaves as on a system where no master runs.
    #[doc(hidden)]
    pub fn as_if_unsupported(mut self) -> Self {
        self.master.as_if_unsupported = true;
        self
    }

    /// Sets whether it is an error if no master can run. The default is `false`: [`run`](crate::run) warns
    /// then, and runs the program in this process.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).required(true);
    /// ```
    #[doc(alias = "Required")]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// Sets what the master prints on stderr. The default is [`Verbosity::Normal`]: warnings, and a line for
    /// each upgrade, commit and rollback.
    ///
    /// The master never waits for a reader: it drops lines for which there is no room, and reports how many
    /// once there is. Where stderr is the journal of systemd (`JOURNAL_STREAM`), each line starts with its
    /// priority, as in sd-daemon(3).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).verbosity(selfup::Verbosity::Debug);
    /// ```
    #[doc(alias = "Debug")]
    #[doc(alias = "NoWarn")]
    pub fn verbosity(mut self, verbosity: Verbosity) -> Self {
        self.master.options.verbosity = verbosity;
        self
    }

    /// What this process runs if it is a child, or has to run alone; and what a master works with.
    pub(crate) fn split(self) -> (Entry, Settings) {
        let Self { program, prepare, mut child, master, .. } = self;
        let policy = &master.options.policy;
        child.ready_timeout = policy.ready_timeout;
        child.terminate_timeout = policy.terminate_timeout;
        child.restart_signal = policy.restart_signal;
        child.watchdog = master.options.watchdog;
        child.version = master.upgrades.version.clone();
        child.keys.clone_from(&master.upgrades.keys);
        (Entry { program, prepare, listen: master.listen.clone(), options: child }, master)
    }

    /// Checks the values that no later step checks.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let signal = self.master.options.policy.restart_signal;
        let why_not = match signal {
            Signal::TERM => "it ends the service",
            Signal::TSTP | Signal::TTIN | Signal::TTOU | Signal::CONT => "it is for job control",
            _ if !signal.is_forwardable() => "it cannot be received, or has a meaning of its own",
            _ => return Ok(()),
        };
        let text = format!(
            "could not use {signal} as the restart signal: {why_not}; use SIGUSR2, SIGUSR1, SIGHUP, a \
             real-time signal, or another that is the program's to give a meaning"
        );
        Err(Error::new(ErrorKind::Configuration, text))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("master", &self.master)
            .field("child", &self.child)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}
