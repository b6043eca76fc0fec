//! A reader that reports how many bytes have come.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
};

/// Hears how many bytes of a download have come, and how many there will be if that is known.
pub(crate) type Hear = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// Counts what comes over the line for whoever wants to know; the reader made by
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
