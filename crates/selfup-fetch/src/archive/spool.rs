//! The type [`Spool`]: where data that cannot be streamed are buffered, and up to what size.

use std::path::{Path, PathBuf};

use crate::running_executable::RunningExecutable;

/// Where data that cannot be streamed are buffered, and up to what size.
///
/// They are buffered in files without a name, which disappear with the process, however that ends.
#[derive(Debug, Clone)]
#[must_use]
pub struct Spool {
    #[cfg_attr(not(feature = "archive"), expect(dead_code, reason = "nothing is kept"))]
    pub(super) directory: PathBuf,
    pub(super) most: u64,
}

impl Spool {
    /// Buffers in `directory`. The best one is that of the executable
    /// ([`RunningExecutable::path`](crate::RunningExecutable::path)): it is writable and has room for a new
    /// executable, or nothing could be installed either.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), most: 1 << 30 }
    }

    /// Buffers beside the running executable, and no more than the size cap of a new one.
    pub fn beside(current: &RunningExecutable) -> Self {
        let beside = current.path().parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::new(beside.unwrap_or(Path::new("."))).most(current.size_cap())
    }

    /// Sets the most bytes that are buffered at any time: a whole zip archive, or a file of a tar archive. The
    /// default is 1 GiB, because hardly any release is larger. Anything larger is refused as
    /// [`TooLarge`](crate::ErrorKind::TooLarge), before the first byte is buffered if the size is known.
    ///
    /// The disk is never filled up: 5 % of it, or 256 MiB if that is less, stay free for other programs. Data
    /// that do not fit are an [`Io`](crate::ErrorKind::Io) error, which is transient.
    pub const fn most(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }
}
