//! The input of a decoder: counts bytes, and separates errors of the input from those of the format.

use std::io::{self, BufRead, Read};

/// The input of a decoder. It counts the bytes that the decoder takes, and distinguishes an error of
/// the input from a premature end, which the decoders do not.
pub(super) struct Source<R> {
    reader: R,
    buffer: Box<[u8]>,
    at: usize,
    filled: usize,
    taken: u64,
    ended: bool,
    error: Option<io::Error>,
}

const BUFFER: usize = 32 << 10;

impl<R> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        let buffer = vec![0; BUFFER].into();
        Self { reader, buffer, at: 0, filled: 0, taken: 0, ended: false, error: None }
    }

    /// The number of bytes that the decoder took.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether the decoder read beyond the end of the input.
    #[cfg(any(feature = "xz", feature = "zstd"))]
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// The unchanged error of the input, if there was one.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.filled && !self.ended {
            let read = loop {
                match self.reader.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read,
                }
            };
            match read {
                Ok(n) => (self.at, self.filled, self.ended) = (0, n, n == 0),
                Err(error) => {
                    self.error = Some(error);
                    return Err(io::Error::other("the input failed"));
                }
            }
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.taken += amount as u64;
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}
