//! What a source says of an executable before it is downloaded.

use crate::{digest::Digest, running_executable::RunningExecutable};

/// What a source says of an executable before any of its bytes come; see
/// [`Fetch::look`](crate::Fetch::look).
///
/// Nothing of it has been checked. What is not said is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Offer {
    /// The version, as the source names it.
    pub version: Option<String>,
    /// How many bytes the executable has, decompressed.
    pub size: Option<u64>,
    /// Digests of the executable, decompressed.
    pub digests: Vec<Digest>,
    /// The text of a detached signature of it, as in [`Artifact`](crate::Artifact::signature).
    pub signature: Option<String>,
    /// The name under which it is published, as in [`Artifact`](crate::Artifact::file_name).
    pub file_name: Option<String>,
}

impl Offer {
    /// Nothing is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Says how many bytes there are.
    pub fn size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Says a digest, in addition to those said before.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }

    /// Whether it is what runs, by its digests; `None` if that cannot be told.
    ///
    /// All that can be compared must agree.
    #[must_use]
    pub fn is_running(&self, current: &RunningExecutable) -> Option<bool> {
        self.digests.iter().filter_map(|digest| current.has(digest)).reduce(|all, is| all && is)
    }
}
