//! Where data that cannot be streamed is buffered, and up to what size.

use std::path::{Path, PathBuf};

use crate::running_executable::RunningExecutable;

/// Where that is kept which cannot be read as it comes, and how much of it.
///
/// It is kept in files without a name, which vanish with the process however that ends.
#[derive(Debug, Clone)]
#[must_use]
pub struct Spool {
    #[cfg_attr(not(feature = "archive"), expect(dead_code, reason = "nothing is kept"))]
    pub(super) directory: PathBuf,
    pub(super) most: u64,
}

impl Spool {
    /// Keeps it in `directory`: best that of the executable, which has the room for a new one and
    /// can be written to, or nothing could be installed either. See
    /// [`RunningExecutable::path`](crate::RunningExecutable::path).
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), most: 1 << 30 }
    }

    /// Keeps it beside the executable that runs, and no more than a new one may have.
    pub fn beside(current: &RunningExecutable) -> Self {
        let beside = current.path().parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::new(beside.unwrap_or(Path::new("."))).most(current.size_cap())
    }

    /// Sets how many bytes are kept at most, at any time: a whole zip archive, or a file of a tar
    /// archive. The default is 1 GiB, because hardly any release is as large. What is larger is
    /// refused as [`TooLarge`](crate::ErrorKind::TooLarge); a file whose size is told beforehand,
    /// before its first byte is kept.
    ///
    /// Whatever it is, the disk is not filled: 5 % of it, or 256 MiB if that is less, stay free for
    /// others. What does not fit is an [`Io`](crate::ErrorKind::Io) error, which passes.
    pub const fn most(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }
}
