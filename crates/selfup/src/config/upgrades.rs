//! Where new executables come from, and which are taken.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use selfup_fetch::Fetch;

use super::Config;

/// Where new executables come from, and which are taken.
impl Config {
    /// Where new executables come from. The default is none: restarts only.
    pub fn fetcher(mut self, fetcher: impl Fetch + 'static) -> Self {
        self.master.fetcher = Some(Box::new(fetcher));
        self
    }

    /// The shortest time between two polls of the fetcher. The default is 1 s, which is also the
    /// interval of a fetcher that has none of its own.
    pub fn min_fetch_interval(mut self, interval: Duration) -> Self {
        self.master.options.min_fetch_interval = interval;
        self
    }

    /// Asked before a new executable is run for the first time, with its path; an error refuses
    /// it. Runs in the master, on the thread that fetches.
    pub fn pre_upgrade<E>(
        mut self,
        mut check: impl FnMut(&Path) -> Result<(), E> + Send + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.master.pre_upgrade = Some(Box::new(move |path| check(path).map_err(Into::into)));
        self
    }

    /// The executable that is run and replaced. The default is the one that runs now.
    ///
    /// It has to be a selfup program too: it must say when it is ready.
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.master.exec_file = Some(path.into());
        self
    }

    /// Trusts this public key of [minisign](https://jedisct1.github.io/minisign/): the line that
    /// begins with `RW`, or the content of the `.pub` file. From then on a new executable is only
    /// installed if it is signed, by any of the trusted keys; keys are rotated by trusting both for
    /// a release.
    ///
    /// The fetchers look for the signature beside the executable, at its name and `.minisig`. It is
    /// made of the executable itself, before it is compressed: `minisign -S -m app` makes
    /// `app.minisig`, which is published beside `app` or `app.gz`.
    ///
    /// In an archive it is the same: what is signed is the executable, never the archive. For
    /// `app-1.2.3-x86_64-linux.tar.gz` with the program `app` in it, the signature is at
    /// `app-1.2.3-x86_64-linux.minisig`:
    ///
    /// ```sh
    /// minisign -S -m app -x app-1.2.3-x86_64-linux.minisig
    /// tar -czf app-1.2.3-x86_64-linux.tar.gz app
    /// ```
    ///
    /// With a key, the program has to say its [version](Self::version), best by
    /// [`release!`](crate::release): else everything that was ever signed, with all its known faults,
    /// could be published again and would be taken. So every new executable has to say its version as
    /// well (see [`require_version`](Self::require_version)). The key is for one signer; that it is the
    /// same program is told by its [name](Self::name).
    ///
    /// A key that cannot be read, or a version that is missing, ends the start with an error, also
    /// where the overseer is not [required](Self::required): nothing is taken because of a slip.
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.master.options.trust.keys.push(key.into());
        self
    }

    /// The name of this program. The default is what it says by [`release!`](crate::release).
    ///
    /// A new executable that says another name there is refused: it is another program. One that says
    /// none, but was signed for a file name (`minisign -S` notes it: `file:app-linux-x86_64`), must have
    /// been signed as this name, with nothing behind it but version and platform. Where this program
    /// does not say its name, that of its file counts for signatures.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.master.options.trust.name = Some(name.into());
        self
    }

    /// The version of this program. The default is what it says by [`release!`](crate::release); without
    /// that, `env!("CARGO_PKG_VERSION")` is most often what to give here. Then a new executable that is
    /// known to be older is refused, so that nobody can bring back an old one with its known faults.
    /// Versions are compared as [semantic versions](https://semver.org).
    ///
    /// The version of a new executable is what it says by `release!`, or what is signed with it
    /// (`minisign -S -m app -t 'version:1.2.3 file:app'`), or else what the fetcher announces. It is
    /// held against what serves at that moment, of which the highest word counts: that of the child,
    /// that of its signer. What is merely announced never raises that. A version that cannot be read
    /// ends the start with an error, as for [`trusted_key`](Self::trusted_key).
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.master.options.trust.version = Some(version.into());
        self
    }

    /// Whether a new executable must say its version, and say it as a semantic one. Where there are
    /// [trusted keys](Self::trusted_key), it must say so itself (by [`release!`](crate::release)) or by
    /// its signature, since whoever publishes an old executable again can announce it as a new one.
    ///
    /// The default is `true` with trusted keys, unless [downgrades](Self::allow_downgrade) are allowed,
    /// and `false` without: what does not say its version is not compared.
    ///
    /// It needs the [version](Self::version) of this program; without it, the start ends with an
    /// error, as for [`trusted_key`](Self::trusted_key).
    pub fn require_version(mut self, require: bool) -> Self {
        self.master.options.trust.require_version = Some(require);
        self
    }

    /// Whether an older [version](Self::version) is taken too, or one that is not known. The default is
    /// `false`.
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.master.options.trust.allow_downgrade = allow;
        self
    }

    /// The most bytes that a new executable may have. The default is 1 GiB.
    ///
    /// What is kept of an archive until the executable is found in it (a whole zip archive, a file of a
    /// tar archive that may be the one) may have as many. Whatever the cap, the disk is not filled: 5 %
    /// of it, or 256 MiB if that is less, stay free for others, and what does not fit is tried again.
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.master.options.size_cap = bytes;
        self
    }

    /// Whether an executable that was refused is tried again at once. The default is `false`: one whose
    /// child did not get ready, or failed in its probation, is remembered beside the executable and left
    /// alone for a growing time, and one that was rolled back by hand until it is
    /// [forgiven](crate::forgive). See [`refusals`](crate::refusals).
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.master.options.retry_refused = retry;
        self
    }

    /// How long an upgraded child has to stay up until the new executable is kept for good. Until then
    /// it is started from a hidden file beside the path, which leads to the previous one all the while
    /// (docs/FILES.md). If it ends badly before, the previous executable is started again. The default is 10 s;
    /// zero keeps an executable as soon as a child is ready.
    pub fn probation(mut self, probation: Duration) -> Self {
        self.master.options.policy.probation = probation;
        self
    }

    /// An upgrade is verified, and tried when a restart is asked for or the service is started anew.
    /// Until then, nothing further is fetched. The default is `false`.
    pub fn no_restart_after_fetch(mut self, no_restart: bool) -> Self {
        self.master.options.policy.no_restart_after_fetch = no_restart;
        self
    }
}
