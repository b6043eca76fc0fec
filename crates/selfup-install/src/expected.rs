//! What was promised about the new executable before its first byte came.

use crate::digest::Digest;

/// What the bytes must be, as far as it is known before they come.
///
/// The default promises nothing and caps the size.
///
/// # Examples
///
/// ```
/// use selfup_install::Expected;
///
/// let length_header: Option<u64> = Some(8_123_456);
/// let expected = Expected::new().size_cap(64 << 20).size(length_header);
/// ```
#[derive(Debug, Clone)]
pub struct Expected {
    pub(crate) size_cap: u64,
    pub(crate) size: Option<u64>,
    pub(crate) digests: Vec<Digest>,
}

impl Expected {
    /// The size cap unless told otherwise: 1 GiB, because hardly any executable is as large, and
    /// most disks bear one file of that size.
    pub const DEFAULT_SIZE_CAP: u64 = 1 << 30;

    /// Promises nothing; the size cap is [`DEFAULT_SIZE_CAP`](Self::DEFAULT_SIZE_CAP).
    #[must_use]
    pub const fn new() -> Self {
        Self { size_cap: Self::DEFAULT_SIZE_CAP, size: None, digests: Vec::new() }
    }

    /// The largest size in bytes that is accepted, whatever was promised. It bounds what a
    /// source that never ends can do to the disk.
    #[must_use]
    pub const fn size_cap(mut self, bytes: u64) -> Self {
        self.size_cap = bytes;
        self
    }

    /// The exact size in bytes, if it is known: of what the reader will give, so after
    /// decompression. Disk space is reserved for it before the first byte is read.
    #[must_use]
    pub fn size(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.size = bytes.into();
        self
    }

    /// A digest that the bytes must have. When called more than once, every one must hold.
    #[must_use]
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }
}

impl Default for Expected {
    fn default() -> Self {
        Self::new()
    }
}
