//! The part of the configuration that governs the lifecycle.

use std::time::Duration;

use selfup_signals::Signal;

use crate::{handover::Handover, on_exit::OnExit, restarts::Restarts};

/// The part of the configuration that governs the lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// The order in which a new child takes over. The default is [`Handover::Overlap`].
    pub handover: Handover,
    /// Whether the program has sockets, so that it is meant to run until it is stopped. The default is
    /// `true`.
    pub listens: bool,
    /// The signal that restarts. The default is SIGUSR2, because SIGHUP and SIGUSR1 commonly belong
    /// to the program.
    pub restart_signal: Signal,
    /// Whether SIGTERM drains the children instead of being forwarded. The default is `false`.
    pub drain_on_terminate: bool,
    /// What restarts the program. The default is [`Restarts::Automatic`].
    pub restarts: Restarts,
    /// What follows when the program ends although nobody has asked it to. The default is [`OnExit::End`].
    pub on_exit: OnExit,
    /// How long a candidate may take to become ready. The default is 30 s.
    pub ready_timeout: Duration,
    /// How long a draining child may take to end. The default is 30 s, the time that most load balancers
    /// and process managers allow for a request.
    pub terminate_timeout: Duration,
    /// How long the child of an upgrade has to serve before its executable is committed. The default is
    /// 10 s.
    pub probation: Duration,
    /// How many children may be draining when a restart begins. The default is 8.
    pub max_draining: usize,
}

impl Policy {
    /// Returns whether an upgrade waits for a restart that is requested separately.
    #[must_use]
    pub fn waits_for_a_restart(&self) -> bool {
        self.restarts != Restarts::Automatic
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            handover: Handover::default(),
            listens: true,
            restart_signal: Signal::USR2,
            drain_on_terminate: false,
            restarts: Restarts::default(),
            on_exit: OnExit::default(),
            ready_timeout: Duration::from_secs(30),
            terminate_timeout: Duration::from_secs(30),
            probation: Duration::from_secs(10),
            max_draining: 8,
        }
    }
}
