//! Buffers data that cannot be streamed, in a file without a name.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::Path,
};

use super::{room::Room, spool::Spool};
use crate::error::{Error, ErrorKind};

impl Spool {
    /// Reads to the end, and returns a file with the data, at its start, and their size.
    pub(super) fn keep(&self, mut reader: impl Read) -> Result<(File, u64), Error> {
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

    /// Checks that this many bytes may be buffered.
    pub(super) fn must_hold(&self, bytes: u64) -> Result<(), Error> {
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
