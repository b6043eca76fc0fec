//! Updating this program once, on request.

mod failure;
mod outcome;
mod work;

use std::{fmt, panic::resume_unwind, sync::mpsc::sync_channel, thread};

use selfup_fetch::Fetch;

pub use outcome::{Progress, Updated};

use selfup_master::{Result, UpgradeOptions, UpgradePolicy};
use selfup_program::{carry_marker, note_start};

use work::{Job, Listeners};

/// Updates the executable of this process, or the one that the policy names: fetches, verifies and installs
/// what the source of `update` has.
///
/// It is for command-line tools that update themselves when asked to. No master is needed and nothing is
/// restarted: the new executable runs at the next start, or at once by [`Updated::exec_new`]. The same checks
/// are made as for a service.
///
#[cfg_attr(feature = "http", doc = "```no_run")]
#[cfg_attr(not(feature = "http"), doc = "```ignore")]
/// // Its version, from Cargo.toml, is written into the executable.
/// selfup::release!();
///
/// fn main() -> Result<(), selfup::Error> {
///     let source = selfup::fetch::Http::new("https://example.com/tool-{os}-{arch}");
///     println!("{}", selfup::update(selfup::Update::new(source))?);
///     Ok(())
/// }
/// ```
///
/// # The way back
///
/// The previous executable is kept beside the new one, as `.tool.selfup-previous` for a `tool`. If the new one
/// does not start, this brings the previous one back:
///
/// ```sh
/// mv .tool.selfup-previous tool
/// ```
///
/// It is kept without the right of others to execute it: `chmod 755 tool` restores that. The next update does
/// not install the one that failed again.
///
/// A new executable is run once before it is installed, in the environment of this process. That finds an
/// executable that does not load or start on this machine; it does not find what fails in `main`. To try more,
/// run it in [`UpgradePolicy::pre_upgrade`], with `--version` for example.
///
/// Until the new executable has been started once ([`sanity_check`](crate::sanity_check), `update` and
/// [`run`](crate::run) record that), it does not take the place of the previous one: an update on top of an
/// executable that never started keeps the last one that did.
///
/// # In `async` functions
///
/// The work is done on a thread of its own, for which this one waits. So it may be called anywhere, and blocks
/// the thread that it is called on: in an `async` function, call it in `spawn_blocking`.
///
/// # Interruption
///
/// A process that is killed meanwhile, for example with Ctrl-C, leaves what it has fetched so far in a hidden
/// file beside the executable. The next update removes it.
///
/// # Errors
///
/// In each case what was installed stays as it was. [`Error::is_transient`](crate::Error::is_transient) says whether the same may go well
/// later.
///
/// - [`Configuration`](crate::ErrorKind::Configuration): a key or the version cannot be read.
/// - [`Executable`](crate::ErrorKind::Executable): the path of the executable is not known, or it cannot be
///   replaced where it is.
/// - [`NotPermitted`](crate::ErrorKind::NotPermitted): this process may not replace it.
/// - [`Busy`](crate::ErrorKind::Busy): another process is updating it.
/// - [`NoSpace`](crate::ErrorKind::NoSpace): the disk is full.
/// - [`Fetch`](crate::ErrorKind::Fetch): the source cannot be reached or did not deliver.
/// - [`Refused`](crate::ErrorKind::Refused): a check turned down what it delivered.
pub fn update(update: Update) -> Result<Updated> {
    carry_marker();
    note_start();
    let Update { job, progress } = update;
    let mut hear = progress.unwrap_or_else(|| Box::new(|_| {}));
    let (sender, receiver) = sync_channel(64);
    let listeners = Listeners::new(sender);
    // Some fetchers wait for a runtime of their own, which is not allowed within another's.
    let worker = thread::Builder::new().name("selfup-update".to_owned());
    let worker = worker.spawn(move || job.run(&listeners)).map_err(failure::no_thread)?;
    receiver.iter().for_each(&mut hear);
    worker.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// What [`update`] does: from which source, by which [policy](Self::upgrade_policy), and how it reports its
/// progress.
///
/// Everything but the source has a default.
///
/// ```no_run
/// use selfup::{Update, fetch::File};
///
/// let update = Update::new(File::new("/srv/releases/tool")).only_check(true);
/// println!("{}", selfup::update(update)?);
/// # Ok::<(), selfup::Error>(())
/// ```
#[must_use = "nothing is updated until it is given to `update`"]
pub struct Update {
    job: Job,
    progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

impl Update {
    /// An update from this source, by the default policy.
    pub fn new(fetcher: impl Fetch + 'static) -> Self {
        let policy = UpgradeOptions::default();
        let job = Job { fetcher: Box::new(fetcher), policy, only_check: false, force: false };
        Self { job, progress: None }
    }

    /// Sets whether the update only checks that there is something new, and installs nothing. The default is
    /// `false`.
    ///
    /// A check needs no right to write to the executable or its directory, does not wait for an update that is
    /// under way, and leaves no file. Where the source states a version or a digest (a manifest, GitHub, S3),
    /// nothing is downloaded; otherwise all of it is read, into a temporary file.
    ///
    /// A check refuses what an update would refuse, as far as that shows without running it: what was not
    /// read may turn out to be no executable, and only an update runs the new executable once, and calls the
    /// hook of [`UpgradePolicy::pre_upgrade`].
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).only_check(true);
    /// ```
    pub fn only_check(mut self, only_check: bool) -> Self {
        self.job.only_check = only_check;
        self
    }

    /// Sets whether another file of the version that is installed is installed too, as when a release was
    /// published again under its version. The default is `false`. The same bytes are never installed again.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).force(true);
    /// ```
    pub fn force(mut self, force: bool) -> Self {
        self.job.force = force;
        self
    }

    /// Sets which new executables are taken, and what is replaced. The default is
    /// [`UpgradePolicy::new`]. A later policy takes the place of an earlier one.
    ///
    /// ```
    /// use selfup::{Update, UpgradePolicy};
    ///
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let policy = UpgradePolicy::new()
    ///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3");
    /// let update = Update::new(source).upgrade_policy(policy);
    /// ```
    pub fn upgrade_policy(mut self, policy: UpgradePolicy) -> Self {
        self.job.policy = policy.into();
        self
    }

    /// Sets a hook called with the progress of the download, on the thread that called [`update`], after each
    /// piece of at most 128 KiB. With the feature `progress`, `progress_bar` is such a hook.
    ///
    /// ```
    /// # let source = selfup::fetch::File::new("/srv/releases/tool");
    /// let update = selfup::Update::new(source).on_progress(|progress| eprint!("\r{} bytes", progress.bytes));
    /// ```
    pub fn on_progress(mut self, hear: impl FnMut(Progress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(hear));
        self
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("policy", &self.job.policy)
            .field("only_check", &self.job.only_check)
            .field("force", &self.job.force)
            .finish_non_exhaustive()
    }
}
