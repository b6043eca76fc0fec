//! One update, from the first request to the last check.

use std::{
    cmp::Ordering,
    fs::File,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::SyncSender,
    },
};

use selfup_fetch::{Artifact, Fetch, Offer, Outcome, RunningExecutable, printable};
use selfup_install::{ErrorKind as Found, Id};
use selfup_master::{
    Error, ErrorKind, UpgradeOptions,
    acceptance::{Acceptance, Novelty, novelty, warnings_of},
};
use selfup_program::process::exe_path::{launch_path, notes_of};

use super::{
    failure::{could_not_look, could_not_update, would_not_update},
    outcome::{Progress, Updated},
};

/// An update as it was asked for, before any of it is checked.
pub(super) struct Job {
    pub(super) fetcher: Box<dyn Fetch>,
    pub(super) policy: UpgradeOptions,
    pub(super) only_check: bool,
    pub(super) force: bool,
}

/// An update whose policy has been checked.
struct Work {
    fetcher: Box<dyn Fetch>,
    acceptance: Acceptance,
    only_check: bool,
    force: bool,
}

/// Where the progress of an update is reported to.
#[derive(Clone)]
pub(super) struct Listeners {
    pub(super) sender: SyncSender<Progress>,
    /// The fetcher counts by itself, so that what is written need not be counted.
    counted: Arc<AtomicBool>,
}

impl Listeners {
    pub(super) fn new(sender: SyncSender<Progress>) -> Self {
        Self { sender, counted: Arc::default() }
    }

    fn hear(&self, bytes: u64, total: Option<u64>) {
        // Without a listener, the work goes on.
        let _heard = self.sender.send(Progress::new(bytes, total));
    }
}

impl Job {
    pub(super) fn run(self, listeners: &Listeners) -> Result<Updated, Error> {
        let Self { fetcher, mut policy, only_check, force } = self;
        let path = match &policy.exec_file {
            Some(path) => path.clone(),
            None => launch_path()?,
        };
        policy.complete(&notes_of(policy.exec_file.as_deref()));
        let trust = policy.check()?;
        let acceptance = Acceptance::new(path, &mut policy, trust);
        Work { fetcher, acceptance, only_check, force }.run(listeners)
    }
}

impl Work {
    fn run(mut self, listeners: &Listeners) -> Result<Updated, Error> {
        let current = self.current(listeners);
        self.fetcher.init(&current).map_err(could_not_look)?;
        match self.fetcher.look(&current) {
            Ok(Some(offer)) => {
                if let Some(updated) = self.judge(&offer, &current)? {
                    return Ok(updated);
                }
            }
            Ok(None) => {}
            Err(error) => return self.nothing_for_us(error, &current),
        }
        if !self.only_check {
            self.acceptance.prepare().map_err(could_not_update)?;
        }
        let artifact = match self.fetcher.fetch(&current) {
            Ok(Some(artifact)) => artifact,
            Ok(None) => return Ok(self.up_to_date(current.id(), None)),
            Err(error) => return self.nothing_for_us(error, &current),
        };
        let updated = if self.only_check {
            self.examine(artifact, listeners)?
        } else {
            self.install(artifact, listeners)?
        };
        self.fetcher.report(Outcome::Installed);
        Ok(updated)
    }

    fn current(&self, listeners: &Listeners) -> RunningExecutable {
        let (path, listeners) = (self.acceptance.path.clone(), listeners.clone());
        RunningExecutable::new(path.clone(), move || id_of(&path).unwrap_or_default())
            .with_signature_wanted(self.acceptance.trust.wants_signatures())
            .with_version(self.acceptance.trust.running())
            .with_size_cap(self.acceptance.size_cap)
            .on_progress(move |bytes, total| {
                listeners.counted.store(true, Relaxed);
                listeners.hear(bytes, total);
            })
    }

    /// The outcome that follows from what the source states before anything is fetched, if that is enough.
    fn judge(&self, offer: &Offer, current: &RunningExecutable) -> Result<Option<Updated>, Error> {
        let is_running = offer.is_running(current);
        if is_running == Some(true) {
            return Ok(Some(self.up_to_date(current.id(), None)));
        }
        let version = offer.version.as_deref();
        let compared = version.and_then(|version| self.compare(version));
        if let Some(updated) = self.by_version(version, current.id(), is_running == Some(false)) {
            return Ok(Some(updated));
        }
        let sha1 = offer
            .digests
            .iter()
            .find_map(|digest| digest.to_string().strip_prefix("sha1:").map(str::to_owned));
        if let Some(id) = sha1.as_ref().and_then(|id| id.parse().ok()) {
            self.must_not_be_refused(id, version)?;
        }
        self.acceptance.consider(offer).map_err(|error| self.failed(error))?;
        let is_enough = is_running.is_some() || compared.is_some();
        Ok((self.only_check && is_enough).then(|| self.available(sha1, version)))
    }

    /// The outcome that follows from the version alone, if one does.
    fn by_version(&self, version: Option<&str>, id: &str, differs: bool) -> Option<Updated> {
        let version = version?;
        match self.compare(version)? {
            Ordering::Less if !self.acceptance.trust.allows_downgrades() => Some(Updated::Older {
                version: version.to_owned(),
                running: self.acceptance.trust.running().unwrap_or_default().to_owned(),
            }),
            Ordering::Equal if !self.force => {
                let note = "another file is published under the same version".to_owned();
                Some(self.up_to_date(id, differs.then_some(note)))
            }
            _ => None,
        }
    }

    fn compare(&self, version: &str) -> Option<Ordering> {
        self.acceptance.trust.policy()?.compare(version)
    }

    /// There is a release, but not for this platform; or the source has failed.
    fn nothing_for_us(
        &self,
        error: selfup_fetch::Error,
        current: &RunningExecutable,
    ) -> Result<Updated, Error> {
        use selfup_fetch::ErrorKind::{Incomplete, NoneForPlatform};
        if !matches!(error.kind(), NoneForPlatform | Incomplete) {
            return Err(could_not_look(error));
        }
        Ok(self.up_to_date(current.id(), Some(error.reason().into_owned())))
    }

    fn up_to_date(&self, id: &str, note: Option<String>) -> Updated {
        let version = self.acceptance.trust.running().map(str::to_owned);
        Updated::UpToDate { id: id.to_owned(), version, note }
    }

    fn available(&self, id: Option<String>, version: Option<&str>) -> Updated {
        let running = self.acceptance.trust.running().map(str::to_owned);
        Updated::Available { id, version: version.map(str::to_owned), running }
    }

    /// Reads all of it, where nothing less will do, and leaves no trace.
    fn examine(&self, artifact: Artifact, listeners: &Listeners) -> Result<Updated, Error> {
        let mut examination = self.acceptance.examine(&artifact).map_err(would_not_update)?;
        let mut counting = Counting::of(&artifact, listeners);
        let mut reader = artifact.reader;
        examination
            .write(&mut reader, &mut |bytes| counting.hear(bytes))
            .map_err(would_not_update)?;
        let (id, present) = (examination.id(), examination.present());
        if id == present {
            return Ok(self.up_to_date(&present.to_string(), None));
        }
        let version = examination.version().map(|version| printable(version).into_owned());
        if let Some(updated) = self.by_version(version.as_deref(), &present.to_string(), true) {
            return Ok(updated);
        }
        self.must_not_be_refused(id, version.as_deref())?;
        match self.acceptance.finish(examination) {
            Ok(()) => Ok(self.available(Some(id.to_string()), version.as_deref())),
            Err(error) => self.older_or_not(error, version),
        }
    }

    fn install(&mut self, artifact: Artifact, listeners: &Listeners) -> Result<Updated, Error> {
        let mut staged = self.acceptance.stage(&artifact).map_err(could_not_update)?;
        let mut counting = Counting::of(&artifact, listeners);
        let mut reader = artifact.reader;
        staged.write(&mut reader, &mut |bytes| counting.hear(bytes)).map_err(could_not_update)?;
        let version = staged.version().map(|version| printable(version).into_owned());
        let (from, to) = (staged.present().to_string(), staged.id());
        if let Novelty::Running | Novelty::InPlace = novelty(&staged, None) {
            return Ok(self.up_to_date(&from, None));
        }
        if let Some(updated) = self.by_version(version.as_deref(), &from, true) {
            return Ok(updated);
        }
        self.must_not_be_refused(to, version.as_deref())?;
        let installed = match self.acceptance.install(staged) {
            Ok(installed) => installed,
            Err(error) => return self.older_or_not(error, version),
        };
        let warnings = warnings_of(&installed);
        let path = installed.target().path().to_owned();
        // Nothing restarts, so there is no probation to wait for; but it may not even start.
        installed.commit_unstarted().map_err(|failed| could_not_update(failed.error))?;
        let from_version = self.acceptance.trust.running().map(str::to_owned);
        Ok(Updated::Installed { path, from, to: to.to_string(), from_version, version, warnings })
    }

    fn must_not_be_refused(&self, id: Id, version: Option<&str>) -> Result<(), Error> {
        let Some(reason) = self.acceptance.refusal(id) else { return Ok(()) };
        let what = version.map_or_else(|| id.to_string(), str::to_owned);
        let could_not =
            if self.only_check { "could not be installed" } else { "was not installed" };
        let text = format!("{what} {could_not}: it was refused before: {reason}");
        Err(Error::new(ErrorKind::Refused, text).for_users())
    }

    /// An older release is no error, also where only the verification finds its version.
    fn older_or_not(
        &self,
        error: selfup_install::Error,
        version: Option<String>,
    ) -> Result<Updated, Error> {
        match (error.kind(), version, self.acceptance.trust.running()) {
            (Found::Downgrade, Some(version), Some(running)) => {
                Ok(Updated::Older { version, running: running.to_owned() })
            }
            _ => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: selfup_install::Error) -> Error {
        if self.only_check { would_not_update(error) } else { could_not_update(error) }
    }
}

/// Counts the bytes that are written, where the fetcher does not count those that arrive.
struct Counting<'a> {
    listeners: &'a Listeners,
    total: Option<u64>,
}

impl<'a> Counting<'a> {
    fn of(artifact: &Artifact, listeners: &'a Listeners) -> Self {
        Self { listeners, total: artifact.size }
    }

    fn hear(&mut self, bytes: u64) {
        if !self.listeners.counted.load(Relaxed) {
            self.listeners.hear(bytes, self.total);
        }
    }
}

fn id_of(path: &Path) -> io::Result<String> {
    Ok(Id::of_file(&File::open(path)?)?.to_string())
}
