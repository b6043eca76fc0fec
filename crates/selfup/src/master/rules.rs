//! What of the configuration governs the lifecycle.

use std::time::Duration;

use selfup_signals::Signal;

use crate::config::Handover;

/// What of the configuration governs the lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    pub(crate) handover: Handover,
    /// The program has sockets, and so is there to stay.
    pub(crate) listens: bool,
    pub(crate) restart_signal: Signal,
    /// SIGTERM asks the children to finish, instead of being passed on.
    pub(crate) drain_on_terminate: bool,
    /// The restart signal and call shut down gracefully; an upgrade does not restart.
    pub(crate) no_restart: bool,
    /// An upgrade waits for a restart that somebody asks for.
    pub(crate) no_restart_after_fetch: bool,
    pub(crate) ready_timeout: Duration,
    pub(crate) terminate_timeout: Duration,
    pub(crate) probation: Duration,
    /// How many children may be draining when a restart begins.
    pub(crate) max_draining: usize,
}

impl Rules {
    /// Whether an upgrade waits for a restart that somebody else asks for.
    pub(crate) fn waits_for_a_restart(&self) -> bool {
        self.no_restart || self.no_restart_after_fetch
    }
}
