//! The type [`RunningExecutable`]: the running executable, as a fetcher needs it.

use std::{
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use crate::{
    counted::{Counted, Hear},
    digest::{Algorithm, Digest},
};

/// The running executable, and the requirements on a new one. A fetcher gets it with each call.
///
/// The first call of [`id`](Self::id) computes the id, which is kept. Hashing a large executable takes a
/// noticeable time, so it is not done unless a fetcher needs the id.
pub struct RunningExecutable {
    path: PathBuf,
    id: LazyLock<String, Box<dyn FnOnce() -> String + Send>>,
    signature_wanted: bool,
    signature_due: bool,
    version: Option<String>,
    size_cap: u64,
    /// The digests that were computed so far.
    digests: Mutex<Vec<(Algorithm, Option<Digest>)>>,
    hear: Option<Hear>,
}

impl RunningExecutable {
    /// Describes the executable at `path`, whose id is what `id` returns.
    ///
    /// The closure runs at most once.
    pub fn new(path: impl Into<PathBuf>, id: impl FnOnce() -> String + Send + 'static) -> Self {
        let id: Box<dyn FnOnce() -> String + Send> = Box::new(id);
        Self {
            path: path.into(),
            id: LazyLock::new(id),
            signature_wanted: false,
            signature_due: true,
            version: None,
            size_cap: Self::DEFAULT_SIZE_CAP,
            digests: Mutex::default(),
            hear: None,
        }
    }

    /// The default size cap: 1 GiB, because hardly any executable is larger.
    pub const DEFAULT_SIZE_CAP: u64 = 1 << 30;

    /// Sets the largest size of a new executable in bytes. The default is
    /// [`DEFAULT_SIZE_CAP`](Self::DEFAULT_SIZE_CAP).
    #[must_use]
    pub const fn with_size_cap(mut self, bytes: u64) -> Self {
        self.size_cap = bytes;
        self
    }

    /// Returns the largest size of a new executable in bytes. The caller counts the bytes that it reads. A
    /// fetcher that buffers data on disk (see [`Spool`](crate::archive::Spool)) buffers no more than that.
    #[must_use]
    pub const fn size_cap(&self) -> u64 {
        self.size_cap
    }

    /// Sets whether a new executable needs a signature to be installed. The default is `false`.
    #[must_use]
    pub fn with_signature_wanted(mut self, wanted: bool) -> Self {
        self.signature_wanted = wanted;
        self
    }

    /// Returns whether a fetcher should look for the signature of an executable.
    #[must_use]
    pub const fn is_signature_wanted(&self) -> bool {
        self.signature_wanted
    }

    /// Sets whether a fetcher should look for a new signature of an executable that was refused. The default is
    /// `true`. A caller that has fetched the same bytes for new signatures in vain sets it to `false` for a
    /// while.
    #[must_use]
    pub fn with_signature_due(mut self, due: bool) -> Self {
        self.signature_due = due;
        self
    }

    /// Returns whether a fetcher should look for a new signature of an executable that was refused.
    #[must_use]
    pub const fn is_signature_due(&self) -> bool {
        self.signature_wanted && self.signature_due
    }

    /// Sets the version of the running executable, if it is known. The default is `None`.
    #[must_use]
    pub fn with_version(mut self, version: Option<&str>) -> Self {
        self.version = version.map(str::to_owned);
        self
    }

    /// Returns the version of the running executable, if it is known: the one that the program declares, or
    /// the one that was announced for the upgrade to it. It is not verified.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Sets a hook for the progress of a download. It is called with the number of bytes that have been
    /// transferred, and with the total if that is known. The default is none.
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(u64, Option<u64>) + Send + Sync + 'static) -> Self {
        self.hear = Some(Arc::new(hear));
        self
    }

    /// Counts the bytes of a download for the hook of [`on_progress`](Self::on_progress).
    ///
    /// A fetcher wraps the bytes as they are transferred, before they are decompressed or unpacked. `total` is
    /// their number.
    pub fn counted<R: Read>(&self, reader: R, total: Option<u64>) -> Counted<R> {
        Counted::new(reader, total, self.hear.clone())
    }

    /// Returns the executable's id: its SHA-1 in 40 lower-case hexadecimal digits.
    ///
    /// It distinguishes executables, but does not prove where one comes from.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns whether the running executable has this digest, or `None` if that is not known.
    ///
    /// A SHA-1 is compared with the [id](Self::id). For any other digest, the file at the [path](Self::path) is
    /// read, once for each algorithm. It counts if its id is that of the running executable, because another
    /// file may be there by now.
    #[must_use]
    pub fn has(&self, digest: &Digest) -> Option<bool> {
        let algorithm = digest.algorithm();
        if algorithm == Algorithm::Sha1 {
            let told = digest.to_string();
            return (!self.id().is_empty()).then(|| told.strip_prefix("sha1:") == Some(self.id()));
        }
        let mut known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|(of, _)| *of == algorithm).unwrap_or_else(|| {
            known.push((algorithm, self.read(algorithm)));
            known.len() - 1
        });
        known[at].1.as_ref().map(|own| own == digest)
    }

    fn read(&self, algorithm: Algorithm) -> Option<Digest> {
        let mut file = File::open(&self.path).ok()?;
        let [id, digest] = Digest::of([Algorithm::Sha1, algorithm], &mut file).ok()?;
        (id.to_string().strip_prefix("sha1:") == Some(self.id())).then_some(digest)
    }

    /// Returns the path of the executable, where a new one will be installed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for RunningExecutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The id is left out, because printing it might hash the executable first.
        f.debug_struct("RunningExecutable")
            .field("path", &self.path)
            .field("signature_wanted", &self.signature_wanted)
            .field("version", &self.version)
            .field("size_cap", &self.size_cap)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Offer;
    use std::fs;

    const SHA1: &str = "7d1043473d55bfa90e8530d35801d4e381bc69f0";
    const SHA256: &str = "sha256:a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333";

    #[test]
    fn any_digest_is_held_against_what_runs_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::write(&path, "app").unwrap();
        let current = |id: &'static str| RunningExecutable::new(&path, move || id.to_owned());
        let digest = |text: &str| -> Digest { text.parse().unwrap() };
        let (own, other) = (digest(SHA256), digest(&SHA256.replace("a17", "a18")));
        assert_eq!(current(SHA1).has(&own), Some(true));
        assert_eq!(current(SHA1).has(&other), Some(false));
        assert_eq!(current(SHA1).has(&digest(&format!("sha1:{SHA1}"))), Some(true));
        // The file at the path is not the running executable.
        assert_eq!(current("00").has(&own), None);
        assert_eq!(current("").has(&digest(&format!("sha1:{SHA1}"))), None);
        let offer = Offer::new().digest(own);
        assert_eq!(offer.is_running(&current(SHA1)), Some(true));
        assert_eq!(offer.digest(other).is_running(&current(SHA1)), Some(false));
        assert_eq!(Offer::new().is_running(&current(SHA1)), None);
    }
}
