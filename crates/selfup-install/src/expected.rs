//! The type [`Expected`]: what is known about a new executable before it is fetched.

use crate::digest::Digest;
use crate::signature::key::PublicKey;

/// The requirements on a new executable, as far as they are known before its bytes are fetched.
///
/// The default has no requirement but a size cap.
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
    /// The default size cap: 1 GiB, because hardly any executable is larger, and most disks have room for
    /// one file of that size.
    pub const DEFAULT_SIZE_CAP: u64 = 1 << 30;

    /// Creates requirements with nothing but the size cap [`DEFAULT_SIZE_CAP`](Self::DEFAULT_SIZE_CAP).
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

    /// Sets the largest size in bytes that is accepted. It limits how much of the disk a source that never
    /// ends can fill.
    #[must_use]
    pub const fn size_cap(mut self, bytes: u64) -> Self {
        self.size_cap = bytes;
        self
    }

    /// Sets the exact size in bytes, if it is known. It is the size of what the reader returns, after
    /// decompression. Disk space is reserved for it before the first byte is read.
    #[must_use]
    pub fn size(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.size = bytes.into();
        self
    }

    /// Adds a digest that the bytes have to have. If this is called several times, all digests have to match.
    #[must_use]
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digests.push(digest);
        self
    }

    /// Adds keys, one of which has to have signed the bytes. With at least one key, a
    /// [`signature`](Self::signature) is required.
    ///
    /// Several keys allow for rotation: trust the new key in one release, sign with it from the next one on,
    /// and remove the old one when that release is installed everywhere.
    #[must_use]
    pub fn trusted_keys(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// Sets the signature: the content of a `.minisig` file, made by
    /// [minisign](https://jedisct1.github.io/minisign/) of the bytes that the reader returns, that is, of the
    /// executable itself and not of a compressed file.
    ///
    /// Without [trusted keys](Self::trusted_keys) it is ignored. In its trusted comment, `file:NAME` and
    /// `version:X` count, separated from other words by tabs, or by spaces if there is no tab. The name
    /// has to be that of the [`program`](Self::program), and the version that of the executable's note and of
    /// [`version`](Self::version), if these are known. `minisign -S` adds the `file:` by itself, unless `-t`
    /// sets the comment, as in `-t 'version:1.2.3 file:app'`.
    #[must_use]
    pub fn signature(mut self, text: impl Into<Option<String>>) -> Self {
        self.signature = text.into();
        self
    }

    /// Sets the name that the replaced program declares, if it does. An executable whose note declares
    /// another name is refused: it may be another program of the same signer or source.
    ///
    /// An executable that was signed as `file:NAME` has to have been signed with this name or, without it,
    /// with the name of the replaced file. A version and a platform at the end of either name
    /// (`app-1.2.3-linux-x86_64`) do not count.
    #[must_use]
    pub fn program<'a>(mut self, name: impl Into<Option<&'a str>>) -> Self {
        self.program = name.into().map(str::to_owned);
        self
    }

    /// Sets the version that the source announces. A signed version has to be the same. A version that the
    /// executable declares in its note takes precedence.
    #[must_use]
    pub fn version<'a>(mut self, version: impl Into<Option<&'a str>>) -> Self {
        self.version = version.into().map(str::to_owned);
        self
    }
}

impl Default for Expected {
    fn default() -> Self {
        Self::new()
    }
}
