//! What was promised about the new executable before its first byte came.

use crate::digest::Digest;
use crate::signature::key::PublicKey;

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
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) signature: Option<String>,
    pub(crate) program: Option<String>,
    pub(crate) version: Option<String>,
}

impl Expected {
    /// The size cap unless told otherwise: 1 GiB, because hardly any executable is as large, and
    /// most disks bear one file of that size.
    pub const DEFAULT_SIZE_CAP: u64 = 1 << 30;

    /// Promises nothing; the size cap is [`DEFAULT_SIZE_CAP`](Self::DEFAULT_SIZE_CAP).
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size_cap: Self::DEFAULT_SIZE_CAP,
            size: None,
            digests: Vec::new(),
            keys: Vec::new(),
            signature: None,
            program: None,
            version: None,
        }
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

    /// Keys of which one must have signed the bytes. As soon as there is one, a
    /// [`signature`](Self::signature) is required; keys of an earlier call stay.
    ///
    /// Several are for rotation: trust the new key in one release, sign with it from the next one
    /// on, and let go of the old one when that is everywhere.
    #[must_use]
    pub fn trusted_keys(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// The signature that came with the bytes: the content of a `.minisig` file, made by
    /// [minisign](https://jedisct1.github.io/minisign/) of the bytes that the reader will give, so of
    /// the executable as it is run and not of a compressed file.
    ///
    /// Without [trusted keys](Self::trusted_keys) it is not looked at. Its trusted comment counts as
    /// far as it says `file:NAME` or `version:X`, separated from other words by tabs, or by spaces
    /// if it has no tab. The name has to be that of the [`program`](Self::program), the version that
    /// of the executable's note and of [`version`](Self::version), if these are known. `minisign -S`
    /// says the `file:` by itself, and says whatever follows `-t` instead, such as
    /// `-t 'version:1.2.3 file:app'`.
    #[must_use]
    pub fn signature(mut self, text: impl Into<Option<String>>) -> Self {
        self.signature = text.into();
        self
    }

    /// The name of the program that is replaced, if it is known by its own word. An executable that
    /// says another one in its note is refused: another program of the same signer or source, say.
    ///
    /// One that was signed as `file:NAME` must have been signed as this, or if it is not known, as the
    /// file that is replaced; what either name says at its end of version and platform
    /// (`app-1.2.3-linux-x86_64`) does not count.
    #[must_use]
    pub fn program(mut self, name: Option<&str>) -> Self {
        self.program = name.map(str::to_owned);
        self
    }

    /// The version that its source announces. One that is signed must be the same; one that the
    /// executable says in its note counts in its stead.
    #[must_use]
    pub fn version(mut self, version: Option<&str>) -> Self {
        self.version = version.map(str::to_owned);
        self
    }
}

impl Default for Expected {
    fn default() -> Self {
        Self::new()
    }
}
