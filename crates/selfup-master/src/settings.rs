//! The part of the configuration that the master needs.

use std::{
    error, fmt,
    os::fd::RawFd,
    path::{Path, PathBuf},
    time::Duration,
};

use selfup_fetch::Fetch;
use selfup_lifecycle::Policy;
use selfup_program::{Listen, Watchdog};

use crate::{report::Report, verbosity::Verbosity};

/// A hook that is called with the path of a new executable before it runs for the first time. An error refuses
/// it.
pub type PreUpgrade =
    Box<dyn FnMut(&Path) -> Result<(), Box<dyn error::Error + Send + Sync>> + Send>;

/// A hook that is called with each event.
pub type OnEvent = Box<dyn FnMut(&Report) + Send>;

/// The part of the configuration that the master needs.
#[derive(Default)]
pub struct Settings {
    /// The sockets to bind.
    pub listen: Vec<Listen>,
    /// Where new executables come from.
    pub fetcher: Option<Box<dyn Fetch>>,
    /// The settings of upgrades.
    pub upgrades: UpgradeOptions,
    /// The hook that is called with each event.
    pub on_event: Option<OnEvent>,
    /// Where to write the master's pid.
    pub pid_file: Option<PathBuf>,
    /// The name of the service, for its control socket. Without the feature `control` it has no effect.
    pub control: Option<String>,
    /// The settings that are plain values.
    pub options: Options,
    /// For tests: behaves as on a system where no master runs.
    pub as_if_unsupported: bool,
}

/// The settings that are plain values.
#[derive(Clone, Debug)]
pub struct Options {
    /// The settings of the lifecycle.
    pub policy: Policy,
    /// The shortest time between two polls of the fetcher. The default is 1 s.
    pub min_fetch_interval: Duration,
    /// What has to be alive for the service manager's watchdog.
    pub watchdog: Watchdog,
    /// The number of the descriptor on which the service manager waits for a newline.
    pub notification_fd: Option<RawFd>,
    /// Whether the process group of a child is killed when the child has ended.
    pub kill_group: bool,
    /// What is printed on stderr.
    pub verbosity: Verbosity,
}

/// The settings of upgrades, by a master or by a single update: which new executables are accepted.
///
/// They are not checked yet: see [`check`](Self::check).
pub struct UpgradeOptions {
    /// The executable to run and to replace. The default is the one of this process.
    pub exec_file: Option<PathBuf>,
    /// The public keys, as text.
    pub keys: Vec<String>,
    /// The name of this program.
    pub name: Option<String>,
    /// The version of this program.
    pub version: Option<String>,
    /// Whether a new executable has to declare its version. The default depends on the keys.
    pub require_version: Option<bool>,
    /// Whether an older version is accepted too.
    pub allow_downgrade: bool,
    /// The largest size of a new executable in bytes. The default is 1 GiB.
    pub size_cap: u64,
    /// Whether executables that were refused are tried again.
    pub retry_refused: bool,
    /// The hook that is called before a new executable runs for the first time.
    pub pre_upgrade: Option<PreUpgrade>,
}

impl Default for UpgradeOptions {
    fn default() -> Self {
        Self {
            exec_file: None,
            keys: Vec::new(),
            name: None,
            version: None,
            require_version: None,
            allow_downgrade: false,
            size_cap: 1 << 30,
            retry_refused: false,
            pre_upgrade: None,
        }
    }
}

impl fmt::Debug for UpgradeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeOptions")
            .field("exec_file", &self.exec_file)
            .field("keys", &self.keys)
            .field("name", &self.name)
            .field("version", &self.version)
            .field("require_version", &self.require_version)
            .field("allow_downgrade", &self.allow_downgrade)
            .field("size_cap", &self.size_cap)
            .field("retry_refused", &self.retry_refused)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            min_fetch_interval: Duration::from_secs(1),
            watchdog: Watchdog::default(),
            notification_fd: None,
            kill_group: false,
            verbosity: Verbosity::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("upgrades", &self.upgrades)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
