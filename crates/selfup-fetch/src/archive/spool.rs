//! Where data that cannot be streamed is buffered, and up to what size.

use std::path::{Path, PathBuf};

use crate::Current;

/// Where that is kept which cannot be read as it comes, and how much of it.
///
/// It is kept in files without a name, which vanish with the process however that ends.
#[derive(Debug, Clone)]
#[must_use]
pub struct Spool {
    #[cfg_attr(not(feature = "archive"), expect(dead_code, reason = "nothing is kept"))]
    directory: PathBuf,
    most: u64,
}

impl Spool {
    /// Keeps it in `directory`: best that of the executable, which has the room for a new one and
    /// can be written to, or nothing could be installed either. See
    /// [`Current::path`](crate::Current::path).
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), most: 1 << 30 }
    }

    /// Keeps it beside the executable that runs, and no more than a new one may have.
    pub fn beside(current: &Current) -> Self {
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

#[cfg(feature = "archive")]
mod keep {
    use std::{
        fs::File,
        io::{self, Read, Seek, Write},
        path::Path,
    };

    use super::Spool;
    use crate::{Error, ErrorKind, archive::room::Room};

    impl Spool {
        /// Reads to the end, and gives what was read, from its start, and how much it is.
        pub(in crate::archive) fn keep(&self, mut reader: impl Read) -> Result<(File, u64), Error> {
            let room = Room::default();
            let mut file = self.create().map_err(|error| self.explain(error))?;
            let mut buffer = vec![0; 64 << 10];
            let mut kept = 0;
            loop {
                let n = match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) => n,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error.into()),
                };
                kept += n as u64;
                self.must_hold(kept)?;
                room.must_be_there(&file, kept).map_err(|error| self.explain(error))?;
                file.write_all(&buffer[..n]).map_err(|error| self.explain(error))?;
            }
            file.rewind().map_err(|error| self.explain(error))?;
            Ok((file, kept))
        }

        /// Refuses more bytes than may be kept.
        pub(in crate::archive) fn must_hold(&self, bytes: u64) -> Result<(), Error> {
            if bytes <= self.most {
                return Ok(());
            }
            let reason = format!("there is more than {} bytes to keep, the size cap", self.most);
            Err(Error::new(ErrorKind::TooLarge, reason))
        }

        fn create(&self) -> io::Result<File> {
            let here = self.directory == Path::new("");
            tempfile::tempfile_in(if here { Path::new(".") } else { &self.directory })
        }

        fn explain(&self, error: io::Error) -> Error {
            let reason = format!("what came cannot be kept in {}", self.directory.display());
            Error::new(ErrorKind::Io, reason).with_source(error)
        }
    }
}
