use std::path::PathBuf;

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

    /// Sets how many bytes are kept at most. The default is 1 GiB, because hardly any release is as
    /// large, and one that is larger is refused as
    /// [`TooLarge`](crate::ErrorKind::TooLarge) before it has filled the disk.
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
    use crate::{Error, ErrorKind};

    impl Spool {
        /// Reads to the end, and gives what was read, from its start, and how much it is.
        pub(in crate::archive) fn keep(&self, mut reader: impl Read) -> Result<(File, u64), Error> {
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
                if kept > self.most {
                    let reason = format!("there is more than {} bytes to keep", self.most);
                    return Err(Error::new(ErrorKind::TooLarge, reason));
                }
                file.write_all(&buffer[..n]).map_err(|error| self.explain(error))?;
            }
            file.rewind().map_err(|error| self.explain(error))?;
            Ok((file, kept))
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
