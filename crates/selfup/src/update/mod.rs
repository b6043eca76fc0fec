//! Updating this program once, when it is asked for.

mod failure;
mod outcome;
mod work;

use std::{
    fmt,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::mpsc::sync_channel,
    thread,
};

use selfup_fetch::Fetch;

pub use outcome::{Progress, Updated};

use selfup_master::{
    Error, Options,
    acceptance::Acceptance,
    trust::{Trust, TrustOptions},
};
use selfup_program::{carry_marker, note_start};

use work::{Listeners, Work};

/// One update, now, in this process: for command-line tools that update themselves when asked to.
///
/// No master is needed, nothing is restarted: the new executable runs at the next start, or at once
/// by [`Updated::exec_new`]. The same checks are made as for a service.
///
#[cfg_attr(feature = "http", doc = "```no_run")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// // Its version, from Cargo.toml, is written into the executable.
/// selfup::release!();
///
/// fn main() -> Result<(), selfup::Error> {
///     let source = selfup::fetch::Http::new("https://example.com/tool-{os}-{arch}");
///     println!("{}", selfup::update(source).run()?);
///     Ok(())
/// }
/// ```
///
/// # The way back
///
/// The executable that was replaced is kept beside the new one, as `.tool.selfup-previous` for a
/// `tool`. Should the new one not start, it is put back by
///
/// ```sh
/// mv .tool.selfup-previous tool
/// ```
///
/// where it is kept without what others may do with it: `chmod 755 tool` gives that back. The next update does not install the one that failed again. A new executable is run once before
/// it is installed, in the environment of this process, which finds out what does not load or start
/// here at all; what fails in `main` is found out by whoever runs it. To have more tried beforehand,
/// run it in [`pre_upgrade`](Self::pre_upgrade), with `--version` say.
///
/// Until the new executable has been started once ([`sanity_check`](crate::sanity_check), `update` and
/// [`run`](crate::run) note that), it is not kept in place of the previous one: an update on top of one
/// that never started goes back to the last that did.
///
/// # In `async` functions
///
/// It may be called anywhere, in an `async` function too, where it holds up the thread that it is
/// called on: better call it in `spawn_blocking` there.
#[must_use = "nothing is updated until `run`"]
pub struct Update {
    work: Work,
    progress: Option<Box<dyn FnMut(Progress)>>,
}

/// An update from this source: [`Update::new`].
pub fn update(fetcher: impl Fetch + 'static) -> Update {
    Update::new(fetcher)
}

impl Update {
    /// An update from this source.
    pub fn new(fetcher: impl Fetch + 'static) -> Self {
        let work = Work {
            fetcher: Box::new(fetcher),
            exec_file: None,
            acceptance: Acceptance {
                path: PathBuf::new(),
                is_named: false,
                size_cap: Options::default().size_cap,
                trust: Trust::default(),
                pre_upgrade: None,
                retry_refused: false,
            },
            trust: TrustOptions::default(),
            only_check: false,
            force: false,
        };
        Self { work, progress: None }
    }

    /// Only looks whether there is something new. The default is `false`.
    ///
    /// A check needs no right to write to the executable or its directory, is not kept waiting by an
    /// update that is under way, and leaves nothing behind. Where the source says a version or a
    /// digest (a manifest, GitHub, S3), nothing is downloaded; else all of it is read, into a
    /// temporary file.
    ///
    /// What an update would refuse, a check refuses too, as far as it can tell: what was not read may
    /// turn out to be no executable, and only an update runs the new executable once, and asks
    /// [`pre_upgrade`](Self::pre_upgrade).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).only_check(true);
    /// ```
    pub fn only_check(mut self, only_check: bool) -> Self {
        self.work.only_check = only_check;
        self
    }

    /// Installs what the source has also if it is of the version that is installed, as after a file
    /// was replaced without a new version. The default is `false`. The very bytes that are installed
    /// are not installed again.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).force(true);
    /// ```
    pub fn force(mut self, force: bool) -> Self {
        self.work.force = force;
        self
    }

    /// The executable that is replaced. The default is the one that runs.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).exec_file("/usr/local/bin/tool");
    /// ```
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.work.exec_file = Some(path.into());
        self
    }

    /// The most bytes that a new executable may have. The default is 1 GiB.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).size_cap(64 << 20);
    /// ```
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.work.acceptance.size_cap = bytes;
        self
    }

    /// As [`Config::trusted_key`](crate::Config::trusted_key).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source)
    ///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")
    ///     .version("1.4.2");
    /// ```
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.work.trust.keys.push(key.into());
        self
    }

    /// As [`Config::name`](crate::Config::name).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).name("tool");
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.work.trust.name = Some(name.into());
        self
    }

    /// As [`Config::version`](crate::Config::version). The default is what the executable says of
    /// itself, by [`release!`](crate::release).
    ///
    /// What the source has under the same version is not installed, unless
    /// [forced](Self::force). Versions that are no semantic ones, or differ in their build metadata
    /// alone, are not compared: then the bytes decide.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).version(env!("CARGO_PKG_VERSION"));
    /// ```
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.work.trust.version = Some(version.into());
        self
    }

    /// As [`Config::require_version`](crate::Config::require_version).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).version("1.4.2").require_version(true);
    /// ```
    pub fn require_version(mut self, require: bool) -> Self {
        self.work.trust.require_version = Some(require);
        self
    }

    /// As [`Config::allow_downgrade`](crate::Config::allow_downgrade).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).version("1.4.2").allow_downgrade(true);
    /// ```
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.work.trust.allow_downgrade = allow;
        self
    }

    /// As [`Config::retry_refused`](crate::Config::retry_refused).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).retry_refused(true);
    /// ```
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.work.acceptance.retry_refused = retry;
        self
    }

    /// As [`Config::pre_upgrade`](crate::Config::pre_upgrade).
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).pre_upgrade(|path: &std::path::Path| {
    ///     let tried = std::process::Command::new(path).arg("--version").status()?;
    ///     if tried.success() { Ok(()) } else { Err(std::io::Error::other("it does not run")) }
    /// });
    /// ```
    pub fn pre_upgrade<E>(
        mut self,
        mut check: impl FnMut(&Path) -> Result<(), E> + Send + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.work.acceptance.pre_upgrade =
            Some(Box::new(move |path| check(path).map_err(Into::into)));
        self
    }

    /// Told how far the download is, by this thread, after each piece of at most 128 KiB. The feature
    /// `progress` has a bar to give here.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).on_progress(|progress| eprint!("\r{} bytes", progress.bytes));
    /// ```
    pub fn on_progress(mut self, hear: impl FnMut(Progress) + 'static) -> Self {
        self.progress = Some(Box::new(hear));
        self
    }

    /// Looks, fetches, verifies and installs.
    ///
    /// The work is done on a thread of its own, which is waited for.
    ///
    /// A process that is killed meanwhile, with Ctrl-C say, leaves what it has fetched so far in a
    /// hidden file beside the executable; the next update takes it away.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`]: a key or the version cannot be read;
    /// [`ErrorKind::Executable`]: the executable cannot be told, or not be replaced where it is;
    /// [`ErrorKind::NotPermitted`]: this process may not replace it;
    /// [`ErrorKind::Busy`]: another process is updating it; [`ErrorKind::NoSpace`]: the disk is full;
    /// [`ErrorKind::Fetch`]: the source cannot be asked or did not deliver;
    /// [`ErrorKind::Refused`]: what it delivered was turned down. What was installed stays as it was.
    /// [`Error::is_transient`] tells whether it is worth trying again later.
    ///
    /// [`ErrorKind::Configuration`]: crate::ErrorKind::Configuration
    /// [`ErrorKind::Executable`]: crate::ErrorKind::Executable
    /// [`ErrorKind::NotPermitted`]: crate::ErrorKind::NotPermitted
    /// [`ErrorKind::Busy`]: crate::ErrorKind::Busy
    /// [`ErrorKind::NoSpace`]: crate::ErrorKind::NoSpace
    /// [`ErrorKind::Fetch`]: crate::ErrorKind::Fetch
    /// [`ErrorKind::Refused`]: crate::ErrorKind::Refused
    pub fn run(self) -> Result<Updated, Error> {
        carry_marker();
        note_start();
        let Self { work, progress } = self;
        let mut hear = progress.unwrap_or_else(|| Box::new(|_| {}));
        let (tell, told) = sync_channel(64);
        let listeners = Listeners::new(tell);
        // Some fetchers wait for a runtime of their own, which is not allowed within another's.
        let worker = thread::Builder::new().name("selfup-update".to_owned());
        let worker = worker.spawn(move || work.run(&listeners)).map_err(failure::no_thread)?;
        told.iter().for_each(&mut hear);
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("only_check", &self.work.only_check)
            .field("force", &self.work.force)
            .finish_non_exhaustive()
    }
}
