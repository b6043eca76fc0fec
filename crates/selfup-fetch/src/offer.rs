//! The type [`Offer`]: what a source declares about an executable before it is fetched.

use crate::{digest::Digest, running_executable::RunningExecutable};

/// What a source declares about an executable before it is fetched; see [`Fetch::look`](crate::Fetch::look).
///
/// Nothing of it has been verified. What the source does not declare is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Offer {
    /// The version, as the source names it.
    pub version: Option<String>,
    /// The size of the executable in bytes, decompressed.
    pub size: Option<u64>,
    /// Digests of the executable, decompressed.
    pub digests: Vec<Digest>,
    /// The text of a detached signature of it, as in [`Artifact`](crate::Artifact::signature).
    pub signature: Option<String>,
    /// The name under which it is published, as in [`Artifact`](crate::Artifact::file_name).
    pub file_name: Option<String>,
}

impl Offer {
    /// Creates an empty offer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the size in bytes.
    pub fn size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Adds a digest.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }

    /// Returns whether this is the running executable, by its digests, or `None` if that cannot be determined.
    ///
    /// All digests that can be compared have to match.
    #[must_use]
    pub fn is_running(&self, current: &RunningExecutable) -> Option<bool> {
        self.digests.iter().filter_map(|digest| current.has(digest)).reduce(|all, is| all && is)
    }
}
