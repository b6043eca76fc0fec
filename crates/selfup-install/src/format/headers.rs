//! Reads the headers of a file of any size and content.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use object::read::{ReadCache, ReadCacheOps, ReadRef};

/// The most bytes that are read of one file: far more than the headers and notes of any linked program, and few
/// enough to keep in memory.
const MOST: u64 = 512 << 10;

/// Something that can be read at any offset: a file, or bytes in a test.
pub(crate) trait ReadAt {
    /// Reads as pread(2) does.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}

impl ReadAt for &[u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let length = buffer.len().min(self.len() - start);
        buffer[..length].copy_from_slice(&self[start..start + length]);
        Ok(length)
    }
}

/// Fills the buffer as far as the file goes, and returns the number of bytes.
pub(crate) fn fill(bytes: &dyn ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match bytes.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The headers of a file, read on demand and kept, up to a limit.
///
/// They are not mapped, because a mapped file that is truncated kills the process that reads it.
pub(super) struct Headers<'a> {
    cache: ReadCache<Source<'a>>,
    pub(super) size: u64,
    left: Cell<u64>,
}

impl<'a> Headers<'a> {
    /// `failure` gets the first error of reading.
    pub(super) fn new(
        bytes: &'a dyn ReadAt,
        size: u64,
        failure: &'a Cell<Option<io::Error>>,
    ) -> Self {
        let source = Source { bytes, size, position: 0, failure };
        Self { cache: ReadCache::new(source), size, left: Cell::new(MOST) }
    }

    /// Whether more was requested than is ever read.
    pub(super) fn are_exhausted(&self) -> bool {
        self.left.get() == 0
    }
}

impl<'a> ReadRef<'a> for &'a Headers<'_> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.size)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        // Checked before anything is allocated.
        let left = self.left.get().checked_sub(size).filter(|left| *left > 0);
        self.left.set(left.unwrap_or(0));
        left.ok_or(())?;
        (&self.cache).read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, _: Range<u64>, _: u8) -> Result<&'a [u8], ()> {
        // This is for string tables, which are not needed here.
        Err(())
    }
}

struct Source<'a> {
    bytes: &'a dyn ReadAt,
    size: u64,
    position: u64,
    failure: &'a Cell<Option<io::Error>>,
}

impl ReadCacheOps for Source<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.size)
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        self.position = position;
        Ok(position)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        let filled = fill(self.bytes, buffer, self.position).map_err(|error| {
            self.failure.set(Some(error));
        })?;
        self.position += filled as u64;
        Ok(filled)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        if self.read(buffer)? == buffer.len() { Ok(()) } else { Err(()) }
    }
}
