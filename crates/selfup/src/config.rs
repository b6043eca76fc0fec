use std::{
    fmt, mem,
    path::{Path, PathBuf},
    process::{ExitCode, Termination},
    time::Duration,
};

use selfup_fetch::Fetch;
use selfup_signals::Signal;

use crate::{Event, State, trust::TrustOptions};

/// What to run, on which sockets, and how to restart and upgrade it.
///
/// Everything but the program has a default. What is wrong with a value is told by
/// [`run`](crate::run), before a child is started.
///
/// ```no_run
/// use std::{io::Write, process::ExitCode};
///
/// fn main() -> ExitCode {
///     selfup::run(selfup::Config::new(program).address("127.0.0.1:3000"))
/// }
///
/// fn program(state: selfup::State) -> std::io::Result<()> {
///     for connection in state.listener().incoming() {
///         writeln!(connection?, "hello from {}", state.id())?;
///     }
///     Ok(())
/// }
/// ```
#[must_use = "a configuration does nothing until it is given to `run`"]
pub struct Config {
    pub(crate) program: Program,
    pub(crate) listen: Vec<Listen>,
    pub(crate) fetcher: Option<Box<dyn Fetch>>,
    pub(crate) pre_upgrade: Option<PreUpgrade>,
    pub(crate) on_event: Option<OnEvent>,
    pub(crate) exec_file: Option<PathBuf>,
    pub(crate) pid_file: Option<PathBuf>,
    pub(crate) options: Options,
}

pub(crate) type Program = Box<dyn FnOnce(State) -> ExitCode>;
pub(crate) type PreUpgrade =
    Box<dyn FnMut(&Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send>;
pub(crate) type OnEvent = Box<dyn FnMut(&Event) + Send>;

/// An address that was asked for, not looked at yet.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    pub(crate) name: String,
    pub(crate) address: String,
}

/// The plain values.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) required: bool,
    pub(crate) restart_signal: Signal,
    pub(crate) terminate_timeout: Duration,
    pub(crate) ready_timeout: Duration,
    pub(crate) probation: Duration,
    pub(crate) idle_grace: Duration,
    pub(crate) min_fetch_interval: Duration,
    pub(crate) size_cap: u64,
    pub(crate) retry_refused: bool,
    pub(crate) trust: TrustOptions,
    pub(crate) max_draining: usize,
    pub(crate) handover: Handover,
    pub(crate) readiness: Readiness,
    pub(crate) watchdog: Watchdog,
    pub(crate) drain_on_terminate: bool,
    pub(crate) no_restart: bool,
    pub(crate) no_restart_after_fetch: bool,
    pub(crate) debug: bool,
    pub(crate) no_warn: bool,
}

/// In which order the old and the new child take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Handover {
    /// The new child is ready before the old one is told to finish: somebody accepts at every
    /// moment. Both run at the same time for a while.
    #[default]
    Overlap,
    /// The old child finishes and exits before the new one starts, for programs that cannot run
    /// twice at once. New connections wait in the kernel's queue meanwhile.
    Sequential,
}

/// When a child counts as ready to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When the program has taken its last socket; without sockets, when it is entered.
    #[default]
    Listening,
    /// When the program calls [`State::ready`]. For programs that have something to load first.
    Explicit,
}

/// What has to be alive for a service manager to be told that the service is.
///
/// It matters where the manager asks for it (`WatchdogSec=` in a unit of systemd), and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watchdog {
    /// The master: its loop turns.
    #[default]
    Master,
    /// The process that serves, too: a thread of it answers the master. One that was stopped, or
    /// does not get any time, does not.
    Child,
    /// The program, too: it calls [`State::alive`] again and again.
    Program,
}

impl Config {
    /// The program and nothing else: no socket, no upgrades, restarts by signal.
    ///
    /// The program runs in the child; where the overseer cannot run, in this process (see
    /// [`required`](Self::required)). It may return whatever `main` may return.
    pub fn new<T: Termination>(program: impl FnOnce(State) -> T + 'static) -> Self {
        Self {
            program: Box::new(|state| program(state).report()),
            listen: Vec::new(),
            fetcher: None,
            pre_upgrade: None,
            on_event: None,
            exec_file: None,
            pid_file: None,
            options: Options::default(),
        }
    }

    /// Adds an address to listen on. See [`Address`](selfup_fds::Address) for all forms:
    /// `host:port`, `:port`, `tcp://`, `udp://`, `unix:///path`, `fd://name` and more.
    ///
    /// The master binds it once; all children share the socket, in the order given here.
    pub fn address(self, address: impl Into<String>) -> Self {
        let name = format!("address-{}", self.listen.len());
        self.listen(name, address)
    }

    /// Adds several addresses, as [`address`](Self::address) does.
    pub fn addresses<A: Into<String>>(self, addresses: impl IntoIterator<Item = A>) -> Self {
        addresses.into_iter().fold(self, Self::address)
    }

    /// Adds an address under a name, by which [`State::take_listener`] finds it.
    ///
    /// A name has 1 to 255 printable ASCII characters and no colon (as in `LISTEN_FDNAMES`,
    /// [sd_listen_fds(3)](https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html)).
    pub fn listen(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.listen.push(Listen { name: name.into(), address: address.into() });
        self
    }

    /// Where new executables come from. The default is none: restarts only.
    pub fn fetcher(mut self, fetcher: impl Fetch + 'static) -> Self {
        self.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Asked before a new executable is run for the first time, with its path; an error refuses
    /// it. Runs in the master, on the thread that fetches.
    pub fn pre_upgrade<E>(
        mut self,
        mut check: impl FnMut(&Path) -> Result<(), E> + Send + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.pre_upgrade = Some(Box::new(move |path| check(path).map_err(Into::into)));
        self
    }

    /// Told everything that the master does, as it happens; runs in the master.
    ///
    /// The master does nothing else meanwhile: be quick.
    pub fn on_event(mut self, hear: impl FnMut(&Event) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(hear));
        self
    }

    /// The executable that is run and replaced. The default is the one that runs now.
    ///
    /// It has to be a selfup program too: it must say when it is ready.
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.exec_file = Some(path.into());
        self
    }

    /// Writes the pid of the master to this file, in digits and with a newline, for scripts that
    /// send it signals. The default is none: systemd, supervisord, runit and s6 know the pid.
    ///
    /// The file appears, complete, when the first child serves, and stays the same through restarts
    /// and upgrades, as the pid does. At its end, the master removes it, if it is still its own.
    ///
    /// While the master runs it holds a lock on the file
    /// ([flock(2)](https://man7.org/linux/man-pages/man2/flock.2.html)). So a file that was left
    /// behind is known as such, also if its pid belongs to another process by now, and is replaced.
    /// If the lock is held, [`run`](crate::run) fails before it does anything else.
    ///
    /// A file that cannot be written is warned of, and tried again at the next restart. Have it in a
    /// folder in which nobody else may write: whoever writes the file chooses who is signalled.
    pub fn pid_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.pid_file = Some(path.into());
        self
    }

    /// Whether it is an error if the overseer cannot run. The default is `false`: then
    /// [`run`](crate::run) warns and runs the program in this process.
    pub fn required(mut self, required: bool) -> Self {
        self.options.required = required;
        self
    }

    /// The signal that restarts. The default is SIGUSR2, because SIGHUP and SIGUSR1 commonly
    /// belong to the program. The program does not receive it.
    pub fn restart_signal(mut self, signal: Signal) -> Self {
        self.options.restart_signal = signal;
        self
    }

    /// How long a child may take to finish after it was told to, before it is killed with
    /// SIGKILL. The default is 30 s, because that is what most load balancers and process
    /// managers allow a request.
    pub fn terminate_timeout(mut self, timeout: Duration) -> Self {
        self.options.terminate_timeout = timeout;
        self
    }

    /// How long a new child may take to become ready before it is killed and the old one goes on.
    /// The default is 30 s. The very first child is never killed for it: nothing else serves.
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.options.ready_timeout = timeout;
        self
    }

    /// How long an upgraded child has to stay up until the new executable is kept for good. If it
    /// ends badly before, the previous executable is put back and started. The default is 10 s;
    /// zero keeps an executable as soon as a child is ready.
    pub fn probation(mut self, probation: Duration) -> Self {
        self.options.probation = probation;
        self
    }

    /// How long a connection on which nothing is under way is kept after the child was told to
    /// finish, for a request that may be on its way. The default is 3 s.
    ///
    /// Holds for the connections that [`Listener::accept`](crate::Listener::accept) gives.
    pub fn idle_grace(mut self, grace: Duration) -> Self {
        self.options.idle_grace = grace;
        self
    }

    /// The shortest time between two polls of the fetcher. The default is 1 s, which is also the
    /// interval of a fetcher that has none of its own.
    pub fn min_fetch_interval(mut self, interval: Duration) -> Self {
        self.options.min_fetch_interval = interval;
        self
    }

    /// Trusts this public key of [minisign](https://jedisct1.github.io/minisign/): the line that
    /// begins with `RW`, or the content of the `.pub` file. From then on a new executable is only
    /// installed if it is signed, by any of the trusted keys; keys are rotated by trusting both for
    /// a release.
    ///
    /// The fetchers look for the signature beside the executable, at its name and `.minisig`. It is
    /// made of the executable itself, before it is compressed: `minisign -S -m app` makes
    /// `app.minisig`, which is published beside `app` or `app.gz`. A signature says for which file
    /// name it is; publish under that one, or say another with
    /// `minisign -S -m app -t 'file:app-linux-x86_64'`.
    ///
    /// A key that cannot be read ends the start with an error, also where the overseer is not
    /// [required](Self::required): nothing unsigned is taken because of a slip.
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.options.trust.keys.push(key.into());
        self
    }

    /// The version of this program, most often `env!("CARGO_PKG_VERSION")`. Then a new executable
    /// that is known to be older is refused, so that nobody can bring back an old one with its known
    /// faults. Versions are compared as [semantic versions](https://semver.org).
    ///
    /// The version of a new executable is what is signed with it
    /// (`minisign -S -m app -t 'version:1.2.3 file:app'`), or else what the fetcher announces. One
    /// whose version is not known is taken. A version that cannot be read ends the start with an
    /// error, as for [`trusted_key`](Self::trusted_key).
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.options.trust.version = Some(version.into());
        self
    }

    /// Whether a new executable must say its version, and say it as a semantic one. Where there are
    /// [trusted keys](Self::trusted_key), the version must be signed, since whoever publishes an old
    /// executable again can announce it as a new one. The default is `false`: what does not say its
    /// version is not compared.
    ///
    /// It needs the [version](Self::version) of this program; without it, the start ends with an
    /// error, as for [`trusted_key`](Self::trusted_key).
    pub fn require_version(mut self, require: bool) -> Self {
        self.options.trust.require_version = require;
        self
    }

    /// Whether an older [version](Self::version) is taken too. The default is `false`.
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.options.trust.allow_downgrade = allow;
        self
    }

    /// The most bytes that a new executable may have. The default is 1 GiB.
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.options.size_cap = bytes;
        self
    }

    /// Whether an executable that was refused is tried again. The default is `false`: one whose
    /// child did not get ready, or failed in its probation, or that was rolled back by hand, is
    /// remembered beside the executable and not installed again.
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.options.retry_refused = retry;
        self
    }

    /// How many children may be finishing at the same time; a restart beyond that waits. The
    /// default is 8.
    pub fn max_draining(mut self, children: usize) -> Self {
        self.options.max_draining = children.max(1);
        self
    }

    /// Whether old and new child overlap. The default is [`Handover::Overlap`].
    pub fn handover(mut self, handover: Handover) -> Self {
        self.options.handover = handover;
        self
    }

    /// When a child counts as ready. The default is [`Readiness::Listening`].
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.options.readiness = readiness;
        self
    }

    /// What has to be alive for systemd's watchdog to be content. The default is
    /// [`Watchdog::Master`], which needs nothing of the program.
    pub fn watchdog(mut self, watchdog: Watchdog) -> Self {
        self.options.watchdog = watchdog;
        self
    }

    /// What SIGTERM does. By default it is passed on like every signal, and a program without a
    /// handler for it dies of it, with the requests that it has. With `true`, the children are told
    /// to finish instead ([`State::graceful_shutdown`]), and the master ends as the program returns.
    /// Either way, who has not ended after the terminate timeout is killed.
    pub fn drain_on_terminate(mut self, drain: bool) -> Self {
        self.options.drain_on_terminate = drain;
        self
    }

    /// Turns restarts off: the restart signal and [`restart`](crate::restart) shut down
    /// gracefully, an upgrade is installed and takes effect at the next start. The default is
    /// `false`.
    pub fn no_restart(mut self, no_restart: bool) -> Self {
        self.options.no_restart = no_restart;
        self
    }

    /// An upgrade is installed, and takes effect when a restart is asked for. Until then, nothing
    /// further is fetched. The default is `false`.
    pub fn no_restart_after_fetch(mut self, no_restart: bool) -> Self {
        self.options.no_restart_after_fetch = no_restart;
        self
    }

    /// Whether the master says everything it does on stderr. The default is `false`: warnings only.
    pub fn debug(mut self, debug: bool) -> Self {
        self.options.debug = debug;
        self
    }

    /// Whether the master keeps warnings to itself as well. The default is `false`.
    pub fn no_warn(mut self, no_warn: bool) -> Self {
        self.options.no_warn = no_warn;
        self
    }

    /// The program, to be run once.
    pub(crate) fn take_program(&mut self) -> Program {
        mem::replace(&mut self.program, Box::new(|_| ExitCode::FAILURE))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            required: false,
            restart_signal: Signal::USR2,
            terminate_timeout: Duration::from_secs(30),
            ready_timeout: Duration::from_secs(30),
            probation: Duration::from_secs(10),
            idle_grace: Duration::from_secs(3),
            min_fetch_interval: Duration::from_secs(1),
            size_cap: 1 << 30,
            retry_refused: false,
            trust: TrustOptions::default(),
            max_draining: 8,
            handover: Handover::default(),
            readiness: Readiness::default(),
            watchdog: Watchdog::default(),
            drain_on_terminate: false,
            no_restart: false,
            no_restart_after_fetch: false,
            debug: false,
            no_warn: false,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("exec_file", &self.exec_file)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
