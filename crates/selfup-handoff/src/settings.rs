//! What a program chooses.

use std::{fmt, io, path::PathBuf, time::Duration};

use selfup_signals::Signal;

use crate::{
    event::{self, Event},
    strategy::Strategy,
    upgrader::Upgrader,
};

type Hook = Box<dyn FnMut() + Send>;
type Before = Box<dyn FnMut(&Upgrader) -> io::Result<()> + Send>;
type OnEvent = Box<dyn FnMut(&Event) + Send>;

/// Restarts without a master: what a program chooses, before it starts.
///
/// ```no_run
/// use selfup_handoff::{Handoff, Strategy};
///
/// # fn serve(_: selfup_handoff::Connection) {}
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let upgrader = Handoff::new(Strategy::Single).start()?;
///     let listener = upgrader.listen("http", "127.0.0.1:3000")?;
///     // … what has to be done before the first client …
///     upgrader.ready()?;
///     for connection in listener.incoming() {
///         let connection = connection?;
///         std::thread::spawn(move || serve(connection));
///     }
///     drop(listener);
///     upgrader.finish()?; // with `Strategy::Double`, it returns only after a stop
///     Ok(())
/// }
/// ```
#[must_use = "nothing happens until `start` is called"]
pub struct Handoff {
    pub(crate) strategy: Strategy,
    pub(crate) upgrade_signal: Signal,
    pub(crate) ready_timeout: Duration,
    pub(crate) terminate_timeout: Duration,
    pub(crate) idle_grace: Duration,
    pub(crate) probation: Duration,
    pub(crate) drain_on_terminate: bool,
    pub(crate) pid_file: Option<PathBuf>,
    pub(crate) on_hangup: Option<Hook>,
    pub(crate) on_user1: Option<Hook>,
    pub(crate) on_quit: Option<Hook>,
    pub(crate) before_upgrade: Option<Before>,
    pub(crate) on_event: OnEvent,
}

impl Handoff {
    /// The defaults: SIGUSR2 starts a handoff, SIGQUIT drains, SIGTERM and SIGINT end at once.
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            upgrade_signal: Signal::USR2,
            ready_timeout: Duration::from_secs(30),
            terminate_timeout: Duration::from_secs(30),
            idle_grace: Duration::from_secs(3),
            probation: Duration::from_secs(10),
            drain_on_terminate: false,
            pid_file: None,
            on_hangup: None,
            on_user1: None,
            on_quit: None,
            before_upgrade: None,
            on_event: Box::new(event::print),
        }
    }

    /// The signal that starts a handoff. The default is SIGUSR2.
    pub fn upgrade_signal(mut self, signal: Signal) -> Self {
        self.upgrade_signal = signal;
        self
    }

    /// How long the successor may take to be ready. Then it is killed, and this process serves on. The default is
    /// 30 s.
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.ready_timeout = timeout;
        self
    }

    /// How long this process may take to drain. Then it is killed; or it executes the new file, although connections
    /// are open. The default is 30 s.
    pub fn terminate_timeout(mut self, timeout: Duration) -> Self {
        self.terminate_timeout = timeout;
        self
    }

    /// How long a connection must have been silent before it is closed while this process drains. The default is
    /// 3 s.
    pub fn idle_grace(mut self, grace: Duration) -> Self {
        self.idle_grace = grace;
        self
    }

    /// How long an executable of `upgrade_from` has to serve until it takes the path. If it ends before, the
    /// executable at the path is the one before it, which a service manager starts then, and this one is refused.
    /// The default is 10 s, as for a service with a master. What the new executable says counts, not the one that
    /// has fetched it.
    pub fn probation(mut self, probation: Duration) -> Self {
        self.probation = probation;
        self
    }

    /// Whether SIGTERM and SIGINT drain, as SIGQUIT does, for managers that stop a service by SIGTERM. By default
    /// they end the process at once.
    pub fn drain_on_terminate(mut self, drains: bool) -> Self {
        self.drain_on_terminate = drains;
        self
    }

    /// A file that always has the pid of the process that is the service. It changes before the predecessor ends.
    pub fn pid_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.pid_file = Some(path.into());
        self
    }

    /// Called on SIGHUP, to open log files again for example. Without it, SIGHUP has its default action. The hooks
    /// run in the thread that sees to handoffs, so they should return soon, and must not call
    /// [`Upgrader::upgrade`], [`Upgrader::ready`] or [`Upgrader::finish`].
    #[doc(alias = "OnSIGHUP")]
    pub fn on_hangup(mut self, hook: impl FnMut() + Send + 'static) -> Self {
        self.on_hangup = Some(Box::new(hook));
        self
    }

    /// Called on SIGUSR1, as [`on_hangup`](Self::on_hangup). Without it, SIGUSR1 has its default action.
    #[doc(alias = "OnSIGUSR1")]
    pub fn on_user1(mut self, hook: impl FnMut() + Send + 'static) -> Self {
        self.on_user1 = Some(Box::new(hook));
        self
    }

    /// Called on SIGQUIT before this process drains, as [`on_hangup`](Self::on_hangup).
    #[doc(alias = "OnSIGQUIT")]
    pub fn on_quit(mut self, hook: impl FnMut() + Send + 'static) -> Self {
        self.on_quit = Some(Box::new(hook));
        self
    }

    /// Called before the successor is started, as [`on_hangup`](Self::on_hangup): the place for
    /// [`Upgrader::inherit_fd`] of what exists by now. An error refuses the upgrade.
    pub fn before_upgrade(
        mut self,
        hook: impl FnMut(&Upgrader) -> io::Result<()> + Send + 'static,
    ) -> Self {
        self.before_upgrade = Some(Box::new(hook));
        self
    }

    /// Called with what happens, as [`on_hangup`](Self::on_hangup). By default, failures and warnings go to stderr.
    pub fn on_event(mut self, hook: impl FnMut(&Event) + Send + 'static) -> Self {
        self.on_event = Box::new(hook);
        self
    }
}

impl fmt::Debug for Handoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("strategy", &self.strategy)
            .field("upgrade_signal", &self.upgrade_signal)
            .field("ready_timeout", &self.ready_timeout)
            .field("terminate_timeout", &self.terminate_timeout)
            .finish_non_exhaustive()
    }
}
