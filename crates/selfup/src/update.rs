use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use selfup_fetch::{Current, Fetch, Outcome};
use selfup_install::Id;

use crate::{
    Error, ErrorKind,
    config::Options,
    intake::{Intake, Novelty, novelty, warnings_of},
    launch::{launch_path, notes_of},
    trust::{Trust, TrustOptions},
};

/// One update, now, in this process: for command-line tools that update themselves when asked to.
///
/// No master is needed, nothing is restarted: the new executable runs at the next start. The same
/// checks are made as for a service.
///
/// ```no_run
/// use selfup::{Updated, fetch::Http};
///
/// match selfup::update(Http::new("https://example.com/tool-{os}-{arch}")).run()? {
///     Updated::Installed { to, .. } => println!("updated to {to}"),
///     _ => println!("up to date"),
/// }
/// # Ok::<(), selfup::Error>(())
/// ```
#[must_use = "nothing is updated until `run`"]
pub struct Update {
    fetcher: Box<dyn Fetch>,
    exec_file: Option<PathBuf>,
    intake: Intake,
    trust: TrustOptions,
    only_check: bool,
    progress: Option<Box<dyn FnMut(Progress)>>,
}

/// An update from this source: [`Update::new`].
pub fn update(fetcher: impl Fetch + 'static) -> Update {
    Update::new(fetcher)
}

/// What came of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Updated {
    /// What the fetcher has is what is installed.
    #[non_exhaustive]
    UpToDate {
        /// The SHA-1 of the executable.
        id: String,
    },
    /// There is something new, and nothing was installed, because only a check was asked for.
    #[non_exhaustive]
    Available {
        /// The SHA-1 of the new executable.
        id: String,
        /// Its version, if the source says one.
        version: Option<String>,
    },
    /// The new executable is in place.
    #[non_exhaustive]
    Installed {
        /// The SHA-1 of the executable that was replaced.
        from: String,
        /// The SHA-1 of the new one.
        to: String,
        /// Its version, if the source says one.
        version: Option<String>,
        /// What somebody should know, one line each: other hard links still lead to the old
        /// executable, a package owns the path, the directory could not be flushed. Mostly none.
        warnings: Vec<String>,
    },
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that have arrived.
    pub bytes: u64,
    /// How many there will be, if the source says so.
    pub total: Option<u64>,
}

impl Update {
    /// An update from this source.
    pub fn new(fetcher: impl Fetch + 'static) -> Self {
        let size_cap = Options::default().size_cap;
        Self {
            fetcher: Box::new(fetcher),
            exec_file: None,
            intake: Intake {
                path: PathBuf::new(),
                is_named: false,
                size_cap,
                trust: Trust::default(),
                pre_upgrade: None,
                retry_refused: false,
            },
            trust: TrustOptions::default(),
            only_check: false,
            progress: None,
        }
    }

    /// Only looks whether there is something new. What the source has is still read, since that is
    /// how one knows; nothing is kept. The default is `false`.
    pub fn only_check(mut self, only_check: bool) -> Self {
        self.only_check = only_check;
        self
    }

    /// The executable that is replaced. The default is the one that runs.
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.exec_file = Some(path.into());
        self
    }

    /// The most bytes that a new executable may have. The default is 1 GiB.
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.intake.size_cap = bytes;
        self
    }

    /// As [`Config::trusted_key`](crate::Config::trusted_key).
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.trust.keys.push(key.into());
        self
    }

    /// As [`Config::name`](crate::Config::name).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.trust.name = Some(name.into());
        self
    }

    /// As [`Config::version`](crate::Config::version).
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.trust.version = Some(version.into());
        self
    }

    /// As [`Config::require_version`](crate::Config::require_version).
    pub fn require_version(mut self, require: bool) -> Self {
        self.trust.require_version = Some(require);
        self
    }

    /// As [`Config::allow_downgrade`](crate::Config::allow_downgrade).
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.trust.allow_downgrade = allow;
        self
    }

    /// As [`Config::retry_refused`](crate::Config::retry_refused).
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.intake.retry_refused = retry;
        self
    }

    /// As [`Config::pre_upgrade`](crate::Config::pre_upgrade).
    pub fn pre_upgrade<E>(
        mut self,
        mut check: impl FnMut(&Path) -> Result<(), E> + Send + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.intake.pre_upgrade = Some(Box::new(move |path| check(path).map_err(Into::into)));
        self
    }

    /// Told how far the download is, after each piece of at most 128 KiB. The feature `progress` has
    /// a bar to give here.
    pub fn on_progress(mut self, hear: impl FnMut(Progress) + 'static) -> Self {
        self.progress = Some(Box::new(hear));
        self
    }

    /// Looks, fetches, verifies and installs.
    ///
    /// A process that is killed meanwhile, with Ctrl-C say, leaves what it has fetched so far in a
    /// hidden file beside the executable; the next update takes it away.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: a key or the version cannot be read;
    /// [`ErrorKind::Executable`]: the executable cannot be told or replaced; [`ErrorKind::Fetch`]:
    /// the source cannot be asked or did not deliver; [`ErrorKind::Refused`]: what it delivered was
    /// turned down. What was installed stays as it was.
    pub fn run(mut self) -> Result<Updated, Error> {
        self.trust.complete(&notes_of(self.exec_file.as_deref()));
        self.intake.trust = self.trust.check()?;
        self.intake.is_named = self.exec_file.is_some();
        self.intake.path = match self.exec_file.take() {
            Some(path) => path,
            None => launch_path()?,
        };
        self.intake.prepare().map_err(|error| {
            Error::new(ErrorKind::Executable, "could not prepare an update").because(error)
        })?;
        let path = self.intake.path.clone();
        let current = Current::new(path.clone(), move || id_of(&path).unwrap_or_default())
            .signature_wanted(self.intake.trust.wants_signatures())
            .with_version(self.intake.trust.running())
            .with_size_cap(self.intake.size_cap);
        self.fetcher.init(&current).map_err(could_not_fetch)?;
        let artifact = self.fetcher.fetch(&current).map_err(could_not_fetch)?;
        let Some(mut artifact) = artifact else {
            return Ok(Updated::UpToDate { id: current.id().to_owned() });
        };
        let total = artifact.size;
        let mut progress = self.progress.take().unwrap_or_else(|| Box::new(|_| {}));
        let mut staged = self.intake.stage(&artifact).map_err(refused)?;
        staged
            .write(&mut artifact.reader, &mut |bytes| progress(Progress { bytes, total }))
            .map_err(refused)?;
        let version = staged.version().map(str::to_owned);
        let (from, to) = (staged.present().to_string(), staged.id().to_string());
        let novelty = novelty(&staged, None);
        if let (Novelty::New, Some(reason)) = (novelty, self.intake.refusal(staged.id())) {
            let what = format!("could not update: {to} was refused before: {reason}");
            return Err(Error::new(ErrorKind::Refused, what));
        }
        let updated = match novelty {
            Novelty::Running | Novelty::InPlace => Updated::UpToDate { id: to },
            Novelty::New if self.only_check => Updated::Available { id: to, version },
            Novelty::New => {
                let installed = self.intake.install(staged).map_err(refused)?;
                let warnings = warnings_of(&installed);
                // Nothing restarts, so there is no probation to wait for.
                installed.commit().map_err(|failed| refused(failed.error))?;
                Updated::Installed { from, to, version, warnings }
            }
        };
        self.fetcher.settle(Outcome::Installed);
        Ok(updated)
    }
}

fn id_of(path: &Path) -> io::Result<String> {
    Ok(Id::of_file(&File::open(path)?)?.to_string())
}

fn could_not_fetch(error: selfup_fetch::Error) -> Error {
    Error::new(ErrorKind::Fetch, "could not look for an update").because(error)
}

/// A transfer that broke is told from an executable that is no good.
fn refused(error: selfup_install::Error) -> Error {
    if error.kind() == selfup_install::ErrorKind::Source {
        Error::new(ErrorKind::Fetch, "could not fetch the update").because(error)
    } else {
        Error::new(ErrorKind::Refused, "could not update").because(error)
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("only_check", &self.only_check).finish_non_exhaustive()
    }
}
