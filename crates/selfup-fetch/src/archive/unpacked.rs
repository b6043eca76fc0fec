//! The reader of the executable inside an archive.

use std::{
    fmt,
    io::{self, Read},
};

use crate::{
    artifact::Artifact,
    error::{Error, ErrorKind},
};

/// The executable in an archive: the reader that [`unpack`](super::unpack) returns.
///
/// Its last bytes are returned only when the archive has been read to its end and is intact. After an error, every
/// further read fails too.
#[must_use]
pub struct Unpacked {
    path: String,
    size: u64,
    reader: Box<dyn Read + Send>,
    place: Option<String>,
    failed: Option<(ErrorKind, String)>,
}

impl Unpacked {
    #[cfg(feature = "archive")]
    pub(super) fn new(path: String, size: u64, reader: impl Read + Send + 'static) -> Self {
        Self { path, size, reader: Box::new(reader), place: None, failed: None }
    }

    /// Returns its path in the archive.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns its size in bytes. The reader returns exactly as many, or an error.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Names the source in the errors.
    pub fn named(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Makes an artifact of it, with its size and the file's name.
    pub fn into_artifact(self) -> Artifact {
        let name = self.path.rsplit('/').next().unwrap_or_default().to_owned();
        let size = self.size;
        Artifact::new(self).size(size).file_name(name)
    }

    fn fail(&mut self, error: Error) -> io::Error {
        self.failed = Some((error.kind(), String::from("reading it has failed before")));
        match &self.place {
            Some(place) => error.at(place).into(),
            None => error.into(),
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if let Some((kind, reason)) = self.failed.clone() {
            return Err(self.fail(Error::new(kind, reason)));
        }
        match self.reader.read(buf) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(self.fail(error.into()))
            }
            read => read,
        }
    }
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
