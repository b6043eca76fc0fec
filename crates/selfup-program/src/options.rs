//! What of the configuration concerns the process of the program.

use std::time::Duration;

use selfup_signals::Signal;

use crate::{readiness::Readiness, watchdog::Watchdog};

/// An address that was asked for, not parsed yet.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The name, by which the program takes the socket.
    pub name: String,
    /// The address, in the form of the configuration.
    pub address: String,
}

/// The plain values.
#[derive(Clone, Debug)]
pub struct Options {
    /// When the program counts as ready.
    pub readiness: Readiness,
    /// What has to be alive for the service manager's watchdog.
    pub watchdog: Watchdog,
    /// How long a connection must have been silent before it is closed while the child drains.
    pub idle_grace: Duration,
    /// How long the child may take to become ready.
    pub ready_timeout: Duration,
    /// How long the child may take to end once it drains.
    pub terminate_timeout: Duration,
    /// The signal that restarts, which does nothing in a child.
    pub restart_signal: Signal,
    /// Whether the child drains on SIGTERM. `None`: if the program asks for the signal to drain, and has no handler of
    /// its own for SIGTERM.
    pub drain_on_terminate: Option<bool>,
    /// The version of the program, for the master to report.
    pub version: Option<String>,
    /// The public keys that the program trusts, as they were given.
    pub keys: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readiness: Readiness::default(),
            watchdog: Watchdog::default(),
            idle_grace: Duration::from_secs(3),
            ready_timeout: Duration::from_secs(30),
            terminate_timeout: Duration::from_secs(30),
            restart_signal: Signal::USR2,
            drain_on_terminate: None,
            version: None,
            keys: Vec::new(),
        }
    }
}
