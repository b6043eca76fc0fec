//! How one child makes way for the next, and how the last one ends.

use std::time::Duration;

use selfup_lifecycle::{Handover, OnExit, Restarts};
use selfup_program::{Readiness, Watchdog};
use selfup_signals::Signal;

use super::Config;

/// How one child makes way for the next, and how the last one ends.
impl Config {
    /// Sets the signal that restarts. The default is SIGUSR2, because SIGHUP and SIGUSR1 commonly belong
    /// to the program. The program does not receive it: in a child, the signal does nothing, so that
    /// `killall -USR2` restarts once.
    ///
    /// Some signals are an error of the start: SIGTERM, which ends the service; those of job control
    /// (SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU); and those that cannot be received or have a meaning of their own
    /// (SIGKILL, SIGSTOP, SIGCHLD, SIGPIPE, SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).restart_signal(selfup::Signal::HUP);
    /// ```
    #[doc(alias = "RestartSignal")]
    pub fn restart_signal(mut self, signal: Signal) -> Self {
        self.master.options.policy.restart_signal = signal;
        self
    }

    /// Sets whether the old and the new child overlap. The default is [`Handover::Overlap`].
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).handover(selfup::Handover::Sequential);
    /// ```
    pub fn handover(mut self, handover: Handover) -> Self {
        self.master.options.policy.handover = handover;
        self
    }

    /// Sets when a child counts as ready. The default is [`Readiness::Listening`].
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).readiness(selfup::Readiness::Explicit);
    /// ```
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.child.readiness = readiness;
        self
    }

    /// Sets how long a new child may take to become ready before it is killed and the old one goes on. The
    /// default is 30 s. The very first child is never killed for it: no other child serves.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).ready_timeout(std::time::Duration::from_secs(60));
    /// ```
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.master.options.policy.ready_timeout = timeout;
        self
    }

    /// Sets how long a draining child may take to end before it is killed with SIGKILL. The default is
    /// 30 s, because that is what most load balancers and process managers allow a request.
    ///
    /// A second before that, or a tenth of the timeout if that is shorter, the servers of this crate, of
    /// `selfup-tokio` and of `selfup-actix` close everything that is still open, and the program returns. So a
    /// stream without an end does not get the child killed, and the program ends with its own exit code.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).terminate_timeout(std::time::Duration::from_secs(120));
    /// ```
    #[doc(alias = "TerminateTimeout")]
    pub fn terminate_timeout(mut self, timeout: Duration) -> Self {
        self.master.options.policy.terminate_timeout = timeout;
        self
    }

    /// Sets for how long a connection must have been silent before it is closed while the child drains: a
    /// request may be on its way. The default is 3 s, which is longer than most networks take to deliver one.
    ///
    /// Connections are closed one after the other, so that their clients do not all come back at one moment:
    /// those that were silent for long between a third of the grace and its end, those that were in use up to
    /// the drain up to two thirds of the grace after its end. [`IdleGrace`](crate::IdleGrace) has the rule. After
    /// a response that ends later, the whole grace passes again.
    ///
    /// The grace holds for the connections that [`Listener::accept`](crate::Listener::accept) returns, and for those
    /// of the servers in `selfup-tokio` and `selfup-actix`.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).idle_grace(std::time::Duration::from_secs(10));
    /// ```
    pub fn idle_grace(mut self, grace: Duration) -> Self {
        self.child.idle_grace = grace;
        self
    }

    /// Sets how many children may be draining when a restart begins; a restart beyond that is queued. The
    /// default is 8; 0 means 1.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).max_draining(2);
    /// ```
    pub fn max_draining(mut self, children: usize) -> Self {
        self.master.options.policy.max_draining = children.max(1);
        self
    }

    /// Sets whether SIGTERM always drains, or never.
    ///
    /// By default it drains a program that has no handler of its own for it, and that uses a
    /// [`Listener`](crate::Listener), one of the servers of `selfup-tokio` and `selfup-actix`, or
    /// [`State::graceful_shutdown`](crate::State::graceful_shutdown): the master forwards the signal, the program
    /// finishes the requests that it has and returns, and the master ends with its exit code. A program that
    /// handles SIGTERM gets it, and nothing else happens. A program that does neither dies of it at once, as any
    /// process does.
    ///
    /// With `true` every child drains, and a handler of the program's own is called as well if it is installed by
    /// the signal-hook family (as tokio's is); a handler that replaces others replaces this one. With `false` the
    /// signal is forwarded, and the program does with it what it does without selfup; the servers of
    /// `selfup-tokio` and `selfup-actix` drain all the same, unless it is handled.
    ///
    /// In each case, a SIGTERM that is sent to a child directly, or to all processes of the service at once, has
    /// the same effect, and children that still run after [`terminate_timeout`](Self::terminate_timeout) are
    /// killed.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).drain_on_terminate(true);
    /// ```
    pub fn drain_on_terminate(mut self, drain: bool) -> Self {
        self.master.options.policy.drain_on_terminate = drain;
        self.child.drain_on_terminate = Some(drain);
        self
    }

    /// Sets whether each child has a process group of its own, and the whole group is killed with SIGKILL
    /// when the child has ended, or is killed for being late. The default is `false`: processes that a child
    /// leaves running, and that hold its sockets, are reported
    /// ([`Event::LeftRunning`](crate::Event::LeftRunning)) and left alone.
    ///
    /// It is for programs that start processes of their own and may die without ending them. A program that
    /// ends by itself should wait for its processes first.
    ///
    /// On a terminal, a child is then not in the foreground group: the master forwards the signals of the keys
    /// (Ctrl-C, Ctrl-\\, Ctrl-Z) to the whole group, but the kernel stops a program that reads from the
    /// terminal (SIGTTIN). A signal sent to the group of the master does not reach the child twice.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).kill_group(true);
    /// ```
    pub fn kill_group(mut self, kill: bool) -> Self {
        self.master.options.kill_group = kill;
        self
    }

    /// Sets what follows when the program ends although nobody has asked it to. The default is
    /// [`OnExit::End`]: the master ends as the program did, so that the process manager sees it. With
    /// [`OnExit::Respawn`], another child is started in its place, with growing pauses up to a limit, and a
    /// release that keeps dying soon after its commit gives way to the previous one.
    ///
    /// The first child of a master has to become ready once: if it ends before that, the master ends.
    ///
    /// ```
    /// use selfup::{Config, OnExit, Respawn};
    /// use std::time::Duration;
    ///
    /// # fn program(_: selfup::State) {}
    /// let respawn = Respawn::new().limit(Duration::from_secs(5 * 60));
    /// let config = Config::new(program).on_exit(OnExit::Respawn(respawn));
    /// ```
    pub fn on_exit(mut self, on_exit: OnExit) -> Self {
        self.master.options.policy.on_exit = on_exit;
        self
    }

    /// Sets what restarts the program. The default is [`Restarts::Automatic`]: a request, and each upgrade.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).restarts(selfup::Restarts::OnRequest);
    /// ```
    #[doc(alias = "NoRestart")]
    #[doc(alias = "NoRestartAfterFetch")]
    pub fn restarts(mut self, restarts: Restarts) -> Self {
        self.master.options.policy.restarts = restarts;
        self
    }

    /// Sets what must be alive for systemd's watchdog to be satisfied. The default is
    /// [`Watchdog::Master`], which needs nothing of the program.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).watchdog(selfup::Watchdog::Program);
    /// ```
    pub fn watchdog(mut self, watchdog: Watchdog) -> Self {
        self.master.options.watchdog = watchdog;
        self
    }
}
