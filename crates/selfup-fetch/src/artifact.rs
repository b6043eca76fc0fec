//! The type [`Artifact`]: the bytes that a fetcher brings, and what their source declares about them.

use std::{fmt, io::Read};

use crate::digest::Digest;

/// A new executable that is being fetched: its bytes, and what its source declares about them.
///
/// Nothing here has been verified. The installer compares the bytes with everything that the source declares.
#[non_exhaustive]
#[must_use]
pub struct Artifact {
    /// The bytes of the executable, decompressed. If they end too soon, the reader returns an error.
    pub reader: Box<dyn Read + Send>,
    /// The number of bytes that the reader returns, if it is known beforehand.
    pub size: Option<u64>,
    /// The version, as the source names it.
    pub version: Option<String>,
    /// Digests of the bytes that the reader returns.
    pub digests: Vec<Digest>,
    /// A detached signature of those bytes, as text in the format of minisign. A fetcher looks for one if it
    /// [is wanted](crate::RunningExecutable::is_signature_wanted).
    pub signature: Option<String>,
    /// The name under which the executable is published, without a directory and without the extension of a
    /// compression, such as `.gz`. A signature can be bound to it.
    pub file_name: Option<String>,
    /// Whether it is brought again only for its new signature: according to the source, the bytes are those
    /// that were [refused](crate::Outcome::Refused).
    pub signed_anew: bool,
}

impl Artifact {
    /// Creates an artifact of which only the bytes are known.
    pub fn new(reader: impl Read + Send + 'static) -> Self {
        Self {
            reader: Box::new(reader),
            size: None,
            version: None,
            digests: Vec::new(),
            signature: None,
            file_name: None,
            signed_anew: false,
        }
    }

    /// Sets the number of bytes.
    pub fn size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Sets the version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Adds a digest.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }

    /// Sets the name of the published file.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Sets whether it is brought again only for its new signature.
    pub fn signed_anew(mut self, anew: bool) -> Self {
        self.signed_anew = anew;
        self
    }

    /// Sets the text of a detached signature.
    pub fn signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("size", &self.size)
            .field("version", &self.version)
            .field("digests", &self.digests)
            .field("signature", &self.signature)
            .field("file_name", &self.file_name)
            .field("signed_anew", &self.signed_anew)
            .finish_non_exhaustive()
    }
}
