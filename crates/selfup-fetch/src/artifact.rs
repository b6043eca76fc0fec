//! What a fetcher brings: bytes, and what their source promises about them.

use std::{fmt, io::Read};

use crate::digest::Digest;

/// A new executable on its way: its bytes and what its source says about them.
///
/// Nothing here has been checked. A source that knows more says more, and whoever installs
/// holds the bytes against all of it.
#[non_exhaustive]
#[must_use]
pub struct Artifact {
    /// The bytes of the executable, decompressed; an error in place of an end that came too soon.
    pub reader: Box<dyn Read + Send>,
    /// How many bytes the reader yields, where that is known beforehand.
    pub size: Option<u64>,
    /// The version, as the source names it.
    pub version: Option<String>,
    /// Digests of the bytes that the reader yields.
    pub digests: Vec<Digest>,
    /// A detached signature of those bytes, as text (the minisign format). A fetcher looks for one
    /// when it is told that it [is wanted](crate::RunningExecutable::is_signature_wanted).
    pub signature: Option<String>,
    /// The name under which the executable is published, without directory and without the end
    /// that tells its compression, such as `.gz`: a signature can be bound to it.
    pub file_name: Option<String>,
    /// Whether it is brought again for its new signature alone: by what the source says, the bytes are
    /// those that were [refused](crate::Outcome::Refused).
    pub signed_anew: bool,
}

impl Artifact {
    /// An artifact of which nothing but the bytes is known.
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

    /// Promises the number of bytes.
    pub fn size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Names the version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Promises a digest, in addition to those promised before.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }

    /// Names the file that is published.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Says whether it is brought again for its new signature alone.
    pub fn signed_anew(mut self, anew: bool) -> Self {
        self.signed_anew = anew;
        self
    }

    /// Brings the text of a detached signature.
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
