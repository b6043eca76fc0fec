//! A reader that reports the progress of a download.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
};

/// A hook for the number of bytes that have arrived, and for the total if that is known.
pub(crate) type Hear = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// A reader that counts the bytes of a download for the hook. Created by
/// [`RunningExecutable::counted`](crate::RunningExecutable::counted).
#[must_use]
pub struct Counted<R> {
    reader: R,
    bytes: u64,
    total: Option<u64>,
    hear: Option<Hear>,
}

impl<R> Counted<R> {
    pub(crate) fn new(reader: R, total: Option<u64>, hear: Option<Hear>) -> Self {
        Self { reader, bytes: 0, total, hear }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        self.bytes += n as u64;
        if let Some(hear) = self.hear.as_ref().filter(|_| n > 0) {
            hear(self.bytes, self.total);
        }
        Ok(n)
    }
}

impl<R> fmt::Debug for Counted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted")
            .field("bytes", &self.bytes)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}
