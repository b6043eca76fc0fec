//! The limits of a manifest. All lengths are in bytes of UTF-8.

/// The document.
pub(super) const DOCUMENT: usize = 1 << 20;
/// The platforms.
pub(super) const TARGETS: usize = 1000;
/// The name of a platform.
pub(super) const TARGET: usize = 100;
/// The required capabilities in one list.
pub(super) const REQUIREMENTS: usize = 32;
/// The name of a capability.
pub(super) const REQUIREMENT: usize = 64;
/// A version.
pub(super) const VERSION: usize = 128;
/// A time.
pub(super) const TIME: usize = 40;
/// A URL.
pub(super) const URL: usize = 4096;
/// The digests in one list.
pub(super) const DIGESTS: usize = 8;
/// A digest: that of SHA-512 with its name has 135.
pub(super) const DIGEST: usize = 160;
/// The name of a file.
pub(super) const NAME: usize = 255;
/// The text of a signature, which has some 300.
pub(super) const SIGNATURE: usize = 8 << 10;
