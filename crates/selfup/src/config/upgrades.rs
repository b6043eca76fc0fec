//! Where new executables come from, and which are taken.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use selfup_fetch::Fetch;

use super::Config;

/// Where new executables come from, and which are taken.
impl Config {
    /// Sets where new executables come from. The default is none: restarts only.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).fetcher(selfup::fetch::File::new("/srv/releases/app"));
    /// ```
    #[doc(alias = "Fetcher")]
    pub fn fetcher(mut self, fetcher: impl Fetch + 'static) -> Self {
        self.master.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Sets the shortest time between two polls of the fetcher. The default is 1 s, which is also the
    /// interval of a fetcher that has none of its own.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).min_fetch_interval(std::time::Duration::from_secs(60));
    /// ```
    #[doc(alias = "MinFetchInterval")]
    pub fn min_fetch_interval(mut self, interval: Duration) -> Self {
        self.master.options.min_fetch_interval = interval;
        self
    }

    /// Sets a hook called with the path of a new executable before it is first run. Returning an error
    /// rejects the upgrade. The hook runs in the master, on the thread that fetches.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).pre_upgrade(|path: &std::path::Path| {
    ///     match std::fs::metadata(path)?.len() {
    ///         0..100_000_000 => Ok(()),
    ///         _ => Err(std::io::Error::other("it is larger than a release should be")),
    ///     }
    /// });
    /// ```
    #[doc(alias = "PreUpgrade")]
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

    /// Sets the executable that is run and replaced. The default is the one that runs now.
    ///
    /// It must be a selfup program too, because it has to report when it is ready.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).exec_file("/opt/app/bin/app");
    /// ```
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.master.exec_file = Some(path.into());
        self
    }

    /// Trusts this public key of [minisign](https://jedisct1.github.io/minisign/): the line that begins with
    /// `RW`, or the content of the `.pub` file. From then on a new executable is only installed if it is
    /// signed by any of the trusted keys. To rotate keys, trust both for one release.
    ///
    /// The fetchers look for the signature beside the executable, at its name with `.minisig`. Sign the
    /// executable itself, before it is compressed: `minisign -S -m app` creates `app.minisig`, which is
    /// published beside `app` or `app.gz`.
    ///
    /// The same holds for an archive: the executable is signed, never the archive. For
    /// `app-1.2.3-x86_64-linux.tar.gz` with the program `app` in it, the signature is at
    /// `app-1.2.3-x86_64-linux.minisig`:
    ///
    /// ```sh
    /// minisign -S -m app -x app-1.2.3-x86_64-linux.minisig
    /// tar -czf app-1.2.3-x86_64-linux.tar.gz app
    /// ```
    ///
    /// With a key, the program must state its [version](Self::version), best by
    /// [`release!`](crate::release): otherwise everything that was ever signed, with all its known faults,
    /// could be published again and would be installed. Every new executable must state its version as well
    /// (see [`require_version`](Self::require_version)). A key stands for a signer; the [name](Self::name)
    /// shows that it is the same program.
    ///
    /// A key that cannot be read, or a missing version, is an error at the start, even where a master is not
    /// [required](Self::required), so that nothing is trusted by mistake.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program)
    ///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")
    ///     .version("1.4.2");
    /// ```
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.master.options.trust.keys.push(key.into());
        self
    }

    /// Sets the name of this program. The default is the one stated by [`release!`](crate::release).
    ///
    /// A new executable that states another name is refused: it is another program. One that states none,
    /// but was signed for a file name (`minisign -S` notes it: `file:app-linux-x86_64`), must have been signed
    /// as this name, followed by nothing but version and platform. Where this program does not state its
    /// name, that of its file counts for signatures.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).name("app");
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.master.options.trust.name = Some(name.into());
        self
    }

    /// Sets the version of this program. The default is the one stated by [`release!`](crate::release);
    /// without that, `env!("CARGO_PKG_VERSION")` is usually the right value. A new executable that is known to
    /// be older is then refused, so that nobody can bring back an old one with its known faults. Versions are
    /// compared as [semantic versions](https://semver.org).
    ///
    /// The version of a new executable is the one stated by `release!`, or the one signed with it
    /// (`minisign -S -m app -t 'version:1.2.3 file:app'`), or else the one that the fetcher announces. It is
    /// compared with what serves at that moment, of which the highest claim counts: that of the child, or that
    /// of its signer. A version that is merely announced never raises it. A version that cannot be read is an
    /// error at the start, as for [`trusted_key`](Self::trusted_key).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).version(env!("CARGO_PKG_VERSION"));
    /// ```
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.master.options.trust.version = Some(version.into());
        self
    }

    /// Sets whether a new executable must state a semantic version. Where there are
    /// [trusted keys](Self::trusted_key), it must state it itself (by [`release!`](crate::release)) or by its
    /// signature, because anybody who publishes an old executable again can announce it as a new one.
    ///
    /// The default is `true` with trusted keys, unless [downgrades](Self::allow_downgrade) are allowed, and
    /// `false` without: an executable that states no version is not compared.
    ///
    /// It needs the [version](Self::version) of this program; without it, the start ends with an error, as for
    /// [`trusted_key`](Self::trusted_key).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).version("1.4.2").require_version(true);
    /// ```
    pub fn require_version(mut self, require: bool) -> Self {
        self.master.options.trust.require_version = Some(require);
        self
    }

    /// Sets whether an older [version](Self::version), or an unknown one, is installed too. The default is
    /// `false`.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).version("1.4.2").allow_downgrade(true);
    /// ```
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.master.options.trust.allow_downgrade = allow;
        self
    }

    /// Sets the most bytes that a new executable may have. The default is 1 GiB.
    ///
    /// What is buffered of an archive until the executable is found in it (a whole zip archive, or a file of a
    /// tar archive that may be the one) may have as many. Whatever the cap, the disk is not filled: 5 % of it,
    /// or 256 MiB if that is less, stay free, and what does not fit is tried again.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).size_cap(64 << 20);
    /// ```
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.master.options.size_cap = bytes;
        self
    }

    /// Sets whether a refused executable is tried again at once. The default is `false`: an executable whose
    /// child did not become ready, or failed in its probation, is recorded beside the executable and left alone
    /// for a growing time; one that was rolled back by hand, until it is [forgiven](crate::forgive). See
    /// [`refusals`](crate::refusals).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).retry_refused(true);
    /// ```
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.master.options.retry_refused = retry;
        self
    }

    /// Sets how long an upgraded child must stay up until the new executable is committed. Until then it is
    /// started from a hidden file beside the path, which leads to the previous one all the while
    /// (docs/FILES.md). If the child ends badly before, the previous executable is started again. The default
    /// is 10 s; zero commits an executable as soon as a child is ready.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).probation(std::time::Duration::from_secs(60));
    /// ```
    pub fn probation(mut self, probation: Duration) -> Self {
        self.master.options.policy.probation = probation;
        self
    }

    /// Sets whether an upgrade is only verified, and tried when a restart is asked for or the service is
    /// started anew. Until then, nothing further is fetched. The default is `false`.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).no_restart_after_fetch(true);
    /// ```
    #[doc(alias = "NoRestartAfterFetch")]
    pub fn no_restart_after_fetch(mut self, no_restart: bool) -> Self {
        self.master.options.policy.no_restart_after_fetch = no_restart;
        self
    }
}
