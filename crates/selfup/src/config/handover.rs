//! How one child makes way for the next, and how the last one ends.

use std::time::Duration;

use selfup_lifecycle::Handover;
use selfup_program::{Readiness, Watchdog};
use selfup_signals::Signal;

use super::Config;

/// How one child makes way for the next, and how the last one ends.
impl Config {
    /// The signal that restarts. The default is SIGUSR2, because SIGHUP and SIGUSR1 commonly
    /// belong to the program. The program does not receive it: sent to a child, it does nothing, so
    /// that `killall -USR2` restarts once.
    ///
    /// Not possible, and an error at the start, are SIGTERM, which ends the service, those of job
    /// control (SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU), and those that cannot be received or have a
    /// meaning of their own (SIGKILL, SIGSTOP, SIGCHLD, SIGPIPE, SIGURG, SIGSEGV, SIGBUS, SIGFPE,
    /// SIGILL).
    pub fn restart_signal(mut self, signal: Signal) -> Self {
        self.master.options.policy.restart_signal = signal;
        self
    }

    /// Whether old and new child overlap. The default is [`Handover::Overlap`].
    pub fn handover(mut self, handover: Handover) -> Self {
        self.master.options.policy.handover = handover;
        self
    }

    /// When a child counts as ready. The default is [`Readiness::Listening`].
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.child.readiness = readiness;
        self
    }

    /// How long a new child may take to become ready before it is killed and the old one goes on.
    /// The default is 30 s. The very first child is never killed for it: nothing else serves.
    pub fn ready_timeout(mut self, timeout: Duration) -> Self {
        self.master.options.policy.ready_timeout = timeout;
        self
    }

    /// How long a child may take to finish after it was told to, before it is killed with
    /// SIGKILL. The default is 30 s, because that is what most load balancers and process
    /// managers allow a request.
    ///
    /// A second before that, or a tenth of it if that is less, the servers of this crate, of
    /// `selfup-tokio` and of `selfup-actix` close what is still open, and the program returns: so a
    /// stream without an end costs no kill, and the program ends with its own code.
    pub fn terminate_timeout(mut self, timeout: Duration) -> Self {
        self.master.options.policy.terminate_timeout = timeout;
        self
    }

    /// For how long nothing may have come on a connection that is closed while the child drains,
    /// because a request may be on its way. The default is 3 s.
    ///
    /// Connections are closed one after the other, so that not all clients come back at one moment:
    /// those that were quiet for long between a third of the grace and its end, those that were used
    /// up to the drain until two thirds of it later. [`IdleGrace`](crate::IdleGrace) has the rule. An
    /// answer that ends later has the whole grace from its end on.
    ///
    /// Holds for the connections that [`Listener::accept`](crate::Listener::accept) gives, and for
    /// those of the servers in `selfup-tokio` and `selfup-actix`.
    pub fn idle_grace(mut self, grace: Duration) -> Self {
        self.child.idle_grace = grace;
        self
    }

    /// How many children may be finishing at the same time; a restart beyond that waits. The
    /// default is 8.
    pub fn max_draining(mut self, children: usize) -> Self {
        self.master.options.policy.max_draining = children.max(1);
        self
    }

    /// What SIGTERM does. By default it is passed on like every signal, and a program without a
    /// handler for it dies of it, with the requests that it has. With `true`, the children are told
    /// to finish instead ([`State::graceful_shutdown`](crate::State::graceful_shutdown)), and the master ends as the program returns.
    /// Either way, who has not ended after the terminate timeout is killed.
    ///
    /// With `true` a child also drains on a SIGTERM that is sent to it directly, or to all processes
    /// of the service at once. In both cases a handler for SIGTERM of the program's own is called as
    /// well, if it is installed by the signal-hook family (as tokio's is); one that replaces other
    /// handlers replaces this.
    pub fn drain_on_terminate(mut self, drain: bool) -> Self {
        self.master.options.policy.drain_on_terminate = drain;
        self
    }

    /// Whether each child has a process group of its own, and the whole group is killed with SIGKILL
    /// when the child has ended, or is killed for being late. The default is `false`: what a child
    /// leaves running, and holds its sockets, is told of
    /// ([`Event::LeftRunning`](crate::Event::LeftRunning)), and left alone.
    ///
    /// It is for programs that start processes of their own and may die without ending them. A program
    /// that ends by itself should wait for its processes before.
    ///
    /// On a terminal a child is not in the foreground group then: the master passes on what the keys
    /// mean (Ctrl-C, Ctrl-\\, Ctrl-Z), to the whole group, but a program that reads from the terminal
    /// is stopped by the kernel (SIGTTIN). A signal that somebody sends to the group of the master does
    /// not reach the child twice.
    pub fn kill_group(mut self, kill: bool) -> Self {
        self.master.options.kill_group = kill;
        self
    }

    /// Turns restarts off: the restart signal and [`restart`](crate::restart) shut down
    /// gracefully, an upgrade is verified, and on trial from the next start on. The default is `false`.
    pub fn no_restart(mut self, no_restart: bool) -> Self {
        self.master.options.policy.no_restart = no_restart;
        self
    }

    /// What has to be alive for systemd's watchdog to be content. The default is
    /// [`Watchdog::Master`], which needs nothing of the program.
    pub fn watchdog(mut self, watchdog: Watchdog) -> Self {
        self.master.options.watchdog = watchdog;
        self
    }
}
