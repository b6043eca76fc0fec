//! Which new executables are taken, by a service and by a single update alike.

use std::path::{Path, PathBuf};

use crate::settings::UpgradeOptions;

/// Which new executables are taken, and what is replaced by them.
///
/// A service gives it to `Config::upgrade_policy`, a command-line tool to
/// `Update::upgrade_policy`. The same values mean the same in both.
///
/// The default trusts every executable that the source delivers, if it is a selfup program for this
/// machine of at most 1 GiB, and no older than this one where both state a version. So control of the
/// source is control of the program: a program that is published [trusts keys](Self::trusted_key).
///
/// Values that cannot be used, such as a key that cannot be read, are reported by `run` before a
/// child is started, and by `update` before anything is fetched.
///
/// ```
/// # fn program(_: selfup::State) {}
/// use selfup::{Config, UpgradePolicy};
///
/// const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
///
/// let config = Config::new(program)
///     .fetcher(selfup::fetch::File::new("/srv/releases/app"))
///     .upgrade_policy(UpgradePolicy::new().trusted_key(KEY).size_cap(64 << 20));
/// ```
#[derive(Debug, Default)]
#[must_use = "a policy does nothing until it is given to a `Config` or an `Update`"]
pub struct UpgradePolicy {
    options: UpgradeOptions,
}

impl From<UpgradePolicy> for UpgradeOptions {
    fn from(policy: UpgradePolicy) -> Self {
        policy.options
    }
}

impl UpgradePolicy {
    /// The default policy.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts this public key of [minisign](https://jedisct1.github.io/minisign/): the line that begins with
    /// `RW`, or the content of the `.pub` file. From then on a new executable is only installed if it is
    /// signed by any of the trusted keys, of which there can be 64. To rotate keys, trust both for one release.
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
    /// `release!`: otherwise everything that was ever signed, with all its known faults,
    /// could be published again and would be installed. Every new executable must state its version as well
    /// (see [`require_version`](Self::require_version)). A key stands for a signer; the [name](Self::name)
    /// shows that it is the same program.
    ///
    /// A key that cannot be read, or a missing version, is an error at the start of a service, even where a
    /// master is not required, so that nothing is trusted by mistake.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new()
    ///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")
    ///     .version("1.4.2");
    /// ```
    pub fn trusted_key(mut self, key: impl Into<String>) -> Self {
        self.options.keys.push(key.into());
        self
    }

    /// Sets the name of this program. The default is the one stated by `release!`.
    ///
    /// A new executable that states another name is refused: it is another program. So is one that was signed
    /// for another file name: `minisign -S` notes the name of the file (`file:app-linux-x86_64`), which must be
    /// this name, followed by nothing but version and platform. A file that is called otherwise is signed with
    /// `minisign -S -m build/out -t file:app`. Where this program does not state its name, that of its file
    /// counts for signatures.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().name("app");
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Sets the version of this program. The default is the one stated by `release!`;
    /// without that, `env!("CARGO_PKG_VERSION")` is usually the right value. A new executable that is known to
    /// be older is then not taken, because it would bring back its known faults. Versions
    /// are compared as [semantic versions](https://semver.org).
    ///
    /// The version of a new executable is the one stated by `release!`, or the one signed with it
    /// (`minisign -S -m app -t 'version:1.2.3 file:app'`), or else the one that the fetcher announces. A master
    /// compares it with what serves at that moment, of which the highest claim counts: that of the child, or
    /// that of its signer. A version that is merely announced never raises it. An
    /// `Update` does not install what has the same version either, unless it is
    /// forced; versions that differ in their build metadata alone, or are no semantic
    /// versions, are not compared there, and the bytes decide.
    ///
    /// A version that cannot be read is an error, as for [`trusted_key`](Self::trusted_key).
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().version(env!("CARGO_PKG_VERSION"));
    /// ```
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.options.version = Some(version.into());
        self
    }

    /// Sets whether a new executable must state a semantic version. Where there are
    /// [trusted keys](Self::trusted_key), it must state it itself (by `release!`) or by its
    /// signature, because a source could announce an old executable as a new one.
    ///
    /// The default is `true` with trusted keys, unless [downgrades](Self::allow_downgrade) are allowed, and
    /// `false` without: an executable that states no version is not compared.
    ///
    /// It needs the [version](Self::version) of this program; its absence is an error, as for
    /// [`trusted_key`](Self::trusted_key).
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().version("1.4.2").require_version(true);
    /// ```
    pub fn require_version(mut self, require: bool) -> Self {
        self.options.require_version = Some(require);
        self
    }

    /// Sets whether an older [version](Self::version), or an unknown one, is installed too. The default is
    /// `false`.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().version("1.4.2").allow_downgrade(true);
    /// ```
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.options.allow_downgrade = allow;
        self
    }

    /// Sets the most bytes that a new executable may have. The default is 1 GiB.
    ///
    /// What is buffered of an archive until the executable is found in it (a whole zip archive, or a file of a
    /// tar archive that may be the one) may have as many. Whatever the cap, the disk is not filled: 5 % of it,
    /// or 256 MiB if that is less, stay free, and what does not fit is tried again.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().size_cap(64 << 20);
    /// ```
    pub fn size_cap(mut self, bytes: u64) -> Self {
        self.options.size_cap = bytes;
        self
    }

    /// Sets whether a refused executable is tried again at once. The default is `false`: an executable whose
    /// child did not become ready, or failed in its probation, is recorded beside the executable and left alone
    /// for a growing time; one that was rolled back by hand, until it is forgiven. See
    /// `refusals`.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().retry_refused(true);
    /// ```
    pub fn retry_refused(mut self, retry: bool) -> Self {
        self.options.retry_refused = retry;
        self
    }

    /// Sets a hook called with the path of a new executable before it is first run. An error refuses the
    /// executable. The hook runs on the thread that fetches; it is called once all other checks have passed,
    /// but for the probe.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().pre_upgrade(|path: &std::path::Path| {
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
        self.options.pre_upgrade = Some(Box::new(move |path| check(path).map_err(Into::into)));
        self
    }

    /// Sets the executable that is replaced. The default is the one that runs now. A service also runs it as
    /// its child.
    ///
    /// What a service runs must be a selfup program too, because it has to report when it is ready. A file
    /// without selfup's note is replaced only if it is named here.
    ///
    /// ```
    /// let policy = selfup::UpgradePolicy::new().exec_file("/opt/app/bin/app");
    /// ```
    pub fn exec_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.exec_file = Some(path.into());
        self
    }
}
