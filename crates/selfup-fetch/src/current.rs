use std::{
    fmt,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// What runs now: the path of its executable and, when asked for, the executable's id.
///
/// The id is worked out at the first [`id`](Self::id) and kept. Hashing a large executable takes
/// a noticeable time, so it does not happen unless a fetcher wants to know.
pub struct Current {
    path: PathBuf,
    id: LazyLock<String, Box<dyn FnOnce() -> String + Send>>,
    signature_wanted: bool,
    version: Option<String>,
    size_cap: u64,
}

impl Current {
    /// Describes the executable at `path`, whose id is what `id` returns.
    ///
    /// The closure runs at most once.
    pub fn new(path: impl Into<PathBuf>, id: impl FnOnce() -> String + Send + 'static) -> Self {
        let id: Box<dyn FnOnce() -> String + Send> = Box::new(id);
        Self {
            path: path.into(),
            id: LazyLock::new(id),
            signature_wanted: false,
            version: None,
            size_cap: Self::DEFAULT_SIZE_CAP,
        }
    }

    /// The size cap unless told otherwise: 1 GiB, because hardly any executable is as large.
    pub const DEFAULT_SIZE_CAP: u64 = 1 << 30;

    /// Tells the most bytes that a new executable may have. The default is
    /// [`DEFAULT_SIZE_CAP`](Self::DEFAULT_SIZE_CAP).
    #[must_use]
    pub const fn with_size_cap(mut self, bytes: u64) -> Self {
        self.size_cap = bytes;
        self
    }

    /// The most bytes that a new executable may have. Who installs it counts them; a fetcher that
    /// keeps something on disk meanwhile (see [`Spool`](crate::archive::Spool)) keeps no more.
    #[must_use]
    pub const fn size_cap(&self) -> u64 {
        self.size_cap
    }

    /// Tells whether a new executable needs a signature to be installed. The default is `false`.
    #[must_use]
    pub fn signature_wanted(mut self, wanted: bool) -> Self {
        self.signature_wanted = wanted;
        self
    }

    /// Whether a fetcher is to look for a signature of what it fetches.
    #[must_use]
    pub const fn is_signature_wanted(&self) -> bool {
        self.signature_wanted
    }

    /// Tells the version of what runs, if it is known. The default is `None`.
    #[must_use]
    pub fn with_version(mut self, version: Option<&str>) -> Self {
        self.version = version.map(str::to_owned);
        self
    }

    /// The version of what runs, if it is known: as the program says itself, or as was said of what
    /// it was upgraded to. Nobody has verified it.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The executable's id: its SHA-1 in 40 lower-case hexadecimal digits.
    ///
    /// It tells executables apart; it is no proof of where one comes from.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the executable is, and where a new one will be put.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The id is left out: to print it could mean to hash the executable first.
        f.debug_struct("Current")
            .field("path", &self.path)
            .field("signature_wanted", &self.signature_wanted)
            .field("version", &self.version)
            .field("size_cap", &self.size_cap)
            .finish_non_exhaustive()
    }
}
