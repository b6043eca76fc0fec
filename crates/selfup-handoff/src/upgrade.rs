//! Upgrades from a source: fetched, verified, and on trial until they have proved themselves.

use std::{
    fmt,
    panic::resume_unwind,
    sync::{TryLockError, mpsc},
    thread,
};

use selfup_fetch::Fetch;
use selfup_install::Trial;
use selfup_master::{UpgradeOptions, UpgradePolicy, acceptance::Acceptance};

use crate::{
    coordinator::Coordinator,
    decide::Phase,
    error::{Error, ErrorKind, Result},
    request::Request,
    upgrader::Upgrader,
};

/// Where new executables come from, and which of them are taken.
///
/// Keep it between two calls of [`Upgrader::upgrade_from`]: the source is asked for what has changed since.
///
/// ```no_run
/// use selfup_handoff::{Handoff, Strategy, Upgrade, UpgradePolicy};
/// use selfup_fetch::{Artifact, Error, Fetch, RunningExecutable};
///
/// # struct Releases;
/// # impl Fetch for Releases {
/// #     fn fetch(&mut self, _: &RunningExecutable) -> Result<Option<Artifact>, Error> { Ok(None) }
/// # }
/// # fn main() -> Result<(), selfup_handoff::Error> {
/// # let upgrader = Handoff::new(Strategy::Single).start()?;
/// let policy = UpgradePolicy::new()
///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")
///     .version(env!("CARGO_PKG_VERSION"));
/// let mut upgrade = Upgrade::new(Releases).upgrade_policy(policy);
/// // When an operator asks for it, or from time to time:
/// println!("{:?}", upgrader.upgrade_from(&mut upgrade)?);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until `upgrade_from` is called"]
pub struct Upgrade {
    pub(crate) fetcher: Box<dyn Fetch>,
    pub(crate) options: UpgradeOptions,
    /// The checks by that policy, once they are made.
    pub(crate) acceptance: Option<Acceptance>,
    /// Whether the fetcher could begin.
    pub(crate) has_begun: bool,
}

/// What came of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Upgraded {
    /// The source has nothing new.
    UpToDate,
    /// The new executable serves, and this process drains. It is on trial until its probation is over.
    #[non_exhaustive]
    Replaced {
        /// The SHA-1 of the new executable.
        id: String,
        /// Its version, if it states one or the source does.
        version: Option<String>,
    },
}

/// What the source has brought.
pub(crate) enum Brought {
    Nothing,
    /// A new executable, which has passed its checks.
    New {
        trial: Box<Trial>,
        version: Option<String>,
    },
    /// What is at the path already, though another executable runs.
    InPlace {
        id: String,
        version: Option<String>,
    },
}

impl Upgrade {
    /// Upgrades from this source, by the default policy: what the source delivers is trusted.
    pub fn new(fetcher: impl Fetch + 'static) -> Self {
        let options = UpgradeOptions::default();
        Self { fetcher: Box::new(fetcher), options, acceptance: None, has_begun: false }
    }

    /// Sets which new executables are taken. The default is [`UpgradePolicy::new`]. It is always the file that this
    /// process was started from that is replaced: [`UpgradePolicy::exec_file`] names no other one.
    pub fn upgrade_policy(mut self, policy: UpgradePolicy) -> Self {
        self.options = policy.into();
        self.acceptance = None;
        self
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Upgrader {
    /// Fetches what the source has, verifies it, and hands over to it. The calling thread waits meanwhile, as in
    /// [`upgrade`](Self::upgrade). There is one upgrade at a time.
    ///
    /// The checks are those of `selfup`: size, digests, signature, version, program, and a probe. What has passed
    /// them is started from a file beside the executable, whose path leads to the proven one all the time. If it
    /// does not become ready, it is removed and refused, and this process serves on. If it does, it takes the path
    /// when its [probation](crate::Handoff::probation) is over.
    ///
    /// # Errors
    ///
    /// This process serves on, and the path leads to the same executable as before.
    ///
    /// - [`Configuration`](ErrorKind::Configuration): a key or the version cannot be read.
    /// - [`Fetch`](ErrorKind::Fetch): the source cannot be reached or did not deliver.
    /// - [`Refused`](ErrorKind::Refused): a check turned down what it delivered, it was refused before, or the hook
    ///   before an upgrade refused it.
    /// - [`Install`](ErrorKind::Install): it could not be put beside the executable.
    /// - [`Busy`](ErrorKind::Busy): another upgrade or handoff is under way, in this process or in another one that
    ///   shares the executable; or what runs is on trial itself.
    /// - [`NotReady`](ErrorKind::NotReady), [`Draining`](ErrorKind::Draining), [`Successor`](ErrorKind::Successor):
    ///   those of [`upgrade`](Self::upgrade).
    pub fn upgrade_from(&self, upgrade: &mut Upgrade) -> Result<Upgraded> {
        let _alone = match self.upgrading().try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let what = "could not upgrade: another upgrade is under way; try again later";
                return Err(Error::new(ErrorKind::Busy, what));
            }
        };
        match bring(upgrade)? {
            Brought::Nothing => Ok(Upgraded::UpToDate),
            Brought::InPlace { id, version } => {
                self.upgrade()?;
                Ok(Upgraded::Replaced { id, version })
            }
            Brought::New { trial, version } => {
                let id = trial.id().to_string();
                self.ask(|reply| Request::UpgradeTo(trial, reply))??;
                Ok(Upgraded::Replaced { id, version })
            }
        }
    }
}

impl Coordinator {
    /// The successor is to run this.
    pub(crate) fn upgrade_to(&mut self, trial: Trial, caller: mpsc::Sender<Result<()>>) {
        let is_free = self.probation.is_free();
        if self.situation.phase == Phase::Active && is_free {
            self.probation.try_out(trial);
        } else {
            let shelved = trial.shelve().map_err(|error| error.to_string());
            self.warn_of(shelved);
            if !is_free {
                let what = "could not upgrade: what runs is on trial itself; try again later";
                // It may not wait any more.
                let _heard = caller.send(Err(Error::new(ErrorKind::Busy, what)));
                return;
            }
        }
        self.upgrade_by(caller);
    }
}

/// Some fetchers wait for a runtime of their own, which is not allowed within another's: they get a thread.
fn bring(upgrade: &mut Upgrade) -> Result<Brought> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("selfup-upgrade".to_owned());
        let worker = worker.spawn_scoped(scope, || upgrade.bring()).map_err(|error| {
            let what = "could not look for an upgrade: no thread can be started";
            Error::new(ErrorKind::Fetch, what).transient().because(error)
        })?;
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
