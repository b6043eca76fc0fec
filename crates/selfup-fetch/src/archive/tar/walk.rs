//! Walks through the entries of a tar archive.

use std::io::{self, Read};

use super::{
    super::choice::Seen,
    extended::Extended,
    header::{self, BLOCK, Kind, corrupt},
};
use crate::error::{Error, ErrorKind};

/// Walks through the entries of a tar archive while it is read.
pub(super) struct Walk<R> {
    reader: R,
    /// The number of bytes left of the content of the current entry.
    left: u64,
    padding: u64,
}

impl<R: Read> Walk<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self { reader, left: 0, padding: 0 }
    }

    /// Returns the next entry, whose content can then be read. After the last one, the input has
    /// been read to its end.
    pub(super) fn next(&mut self) -> Result<Option<Seen>, Error> {
        let mut extended = Extended::default();
        loop {
            self.pass()?;
            let block = self.block()?;
            if block == [0; BLOCK] {
                extended.must_be_empty()?;
                self.end()?;
                return Ok(None);
            }
            let header = header::read(&block)?;
            match header.kind {
                Kind::Pax => extended.pax(&self.text(header.size)?)?,
                Kind::Global => Extended::default().global(&self.text(header.size)?)?,
                Kind::LongName => extended.long_name(&self.text(header.size)?)?,
                Kind::LongLink => drop(self.text(header.size)?),
                Kind::File { .. } | Kind::Empty | Kind::Other => {
                    let size = extended.size.unwrap_or(header.size);
                    if header.kind == Kind::Empty && size != 0 {
                        return Err(corrupt("a link, directory or device has a content"));
                    }
                    self.stand_before(size)?;
                    let path = extended.path.as_deref().unwrap_or(&header.path);
                    return Ok(Some(header.kind.seen(path)));
                }
            }
        }
    }

    /// The number of bytes left of the content.
    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) const fn content(&mut self) -> Content<'_, R> {
        Content(self)
    }

    fn stand_before(&mut self, size: u64) -> Result<(), Error> {
        const LARGEST: u64 = i64::MAX as u64;
        if size > LARGEST {
            return Err(corrupt("a size is larger than any file"));
        }
        (self.left, self.padding) = (size, size.next_multiple_of(BLOCK as u64) - size);
        Ok(())
    }

    /// Skips the rest of the content, up to the next block.
    fn pass(&mut self) -> Result<(), Error> {
        io::copy(&mut self.content(), &mut io::sink())?;
        let mut padding = [0; BLOCK];
        let length = std::mem::take(&mut self.padding) as usize;
        self.fill(&mut padding[..length])
    }

    /// Reads the content of an extended header.
    fn text(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        const MOST: u64 = 64 << 10;
        if size > MOST {
            let reason = format!("the archive says more than {MOST} bytes about an entry");
            return Err(Error::new(ErrorKind::TooLarge, reason));
        }
        self.stand_before(size)?;
        let mut text = Vec::new();
        self.content().read_to_end(&mut text)?;
        Ok(text)
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Error> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(block)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        let mut at = 0;
        while at < buffer.len() {
            match read(&mut self.reader, &mut buffer[at..])? {
                0 => return Err(truncated()),
                n => at += n,
            }
        }
        Ok(())
    }

    /// Checks the end: two blocks of zeros, and nothing after them.
    fn end(&mut self) -> Result<(), Error> {
        let mut block = self.block()?;
        let mut n = BLOCK;
        while n > 0 {
            if block[..n].iter().any(|byte| *byte != 0) {
                return Err(corrupt("something follows its end"));
            }
            n = read(&mut self.reader, &mut block)?;
        }
        Ok(())
    }
}

/// The content of one entry, which fails at a premature end.
pub(super) struct Content<'a, R>(&'a mut Walk<R>);

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Walk { reader, left, .. } = &mut *self.0;
        let most = usize::try_from(*left).map_or(buf.len(), |left| left.min(buf.len()));
        if most == 0 {
            return Ok(0);
        }
        match read(reader, &mut buf[..most])? {
            0 => Err(truncated().into()),
            n => {
                *left -= n as u64;
                Ok(n)
            }
        }
    }
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

fn truncated() -> Error {
    Error::new(ErrorKind::Truncated, "the tar archive ends before it is complete")
}
