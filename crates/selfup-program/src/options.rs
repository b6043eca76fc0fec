//! What of the configuration concerns the process of the program.

use std::{error, fmt, process::ExitCode, time::Duration};

use selfup_signals::Signal;

use crate::{
    error::Error, error::ErrorKind, readiness::Readiness, state::State, watchdog::Watchdog,
};

/// The program, as a function of its state.
pub type Program = Box<dyn FnOnce(State) -> ExitCode>;

/// What prepares the process of the program before anything else happens in it.
pub type Prepare = Box<dyn FnOnce() -> Result<(), Box<dyn error::Error + Send + Sync>>>;

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
    /// For how long nothing may have come on a connection that is closed while the child drains.
    pub idle_grace: Duration,
    /// How long the child may take to become ready.
    pub ready_timeout: Duration,
    /// How long the child may take to end once it drains.
    pub terminate_timeout: Duration,
    /// The signal that restarts, which does nothing in a child.
    pub restart_signal: Signal,
    /// The child drains on SIGTERM.
    pub drain_on_terminate: bool,
    /// The version of the program, for the master to report.
    pub version: Option<String>,
}

/// What there is to run in this process.
pub struct Entry {
    /// The program.
    pub program: Program,
    /// Called before anything else.
    pub prepare: Option<Prepare>,
    /// The sockets that the program expects.
    pub listen: Vec<Listen>,
    /// The plain values.
    pub options: Options,
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
            drain_on_terminate: false,
            version: None,
        }
    }
}

impl Entry {
    /// Prepares the process that is about to run the program.
    pub(crate) fn prepare(&mut self) -> Result<(), Error> {
        let prepared = self.prepare.take().map_or(Ok(()), |prepare| prepare());
        prepared.map_err(|error| {
            Error::new(ErrorKind::Child, "could not prepare this process for the program")
                .because(error)
        })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("listen", &self.listen)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
