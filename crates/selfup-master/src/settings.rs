//! What of the configuration the master works with.

use std::{
    error, fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use selfup_fetch::Fetch;
use selfup_lifecycle::Policy;
use selfup_program::{Listen, Watchdog};

use crate::{event::Event, trust::TrustOptions};

/// Asked before a new executable is run for the first time; an error refuses it.
pub type PreUpgrade =
    Box<dyn FnMut(&Path) -> Result<(), Box<dyn error::Error + Send + Sync>> + Send>;

/// Called with everything that the master does.
pub type OnEvent = Box<dyn FnMut(&Event) + Send>;

/// What of the configuration the master works with.
#[derive(Default)]
pub struct Settings {
    /// The sockets to bind.
    pub listen: Vec<Listen>,
    /// Where new executables come from.
    pub fetcher: Option<Box<dyn Fetch>>,
    /// Asked before a new executable is run for the first time.
    pub pre_upgrade: Option<PreUpgrade>,
    /// Called with everything that the master does.
    pub on_event: Option<OnEvent>,
    /// The executable to run; that of this process if there is none.
    pub exec_file: Option<PathBuf>,
    /// Where to write the master's pid.
    pub pid_file: Option<PathBuf>,
    /// The plain values.
    pub options: Options,
}

/// The plain values.
#[derive(Clone, Debug)]
pub struct Options {
    /// What governs the lifecycle.
    pub policy: Policy,
    /// The shortest time between two polls of the fetcher. The default is 1 s.
    pub min_fetch_interval: Duration,
    /// The most bytes that a new executable may have. The default is 1 GiB.
    pub size_cap: u64,
    /// Whether an executable that was refused is tried again at once.
    pub retry_refused: bool,
    /// Who may sign new executables, and which versions are taken.
    pub trust: TrustOptions,
    /// What has to be alive for the service manager's watchdog.
    pub watchdog: Watchdog,
    /// Whether the process group of a child is killed when the child has ended.
    pub kill_group: bool,
    /// Whether everything is printed on stderr.
    pub debug: bool,
    /// Whether nothing is printed on stderr.
    pub no_warn: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            min_fetch_interval: Duration::from_secs(1),
            size_cap: 1 << 30,
            retry_refused: false,
            trust: TrustOptions::default(),
            watchdog: Watchdog::default(),
            kill_group: false,
            debug: false,
            no_warn: false,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("exec_file", &self.exec_file)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
