//! Reads the content of one file in a zip archive, and checks it before its end.

use std::{
    fs::File,
    io::{self, BufReader, Read, Take},
};

use flate2::{Crc, bufread::DeflateDecoder};

use crate::error::{Error, ErrorKind};

/// The content of one file. Before it returns the last bytes, it compares the size and checksum with
/// those in the directory.
pub(super) struct Inflate {
    content: Content,
    left: u64,
    crc: Crc,
    promised: u32,
    is_over: bool,
}

enum Content {
    Stored(Take<File>),
    Deflated(DeflateDecoder<BufReader<Take<File>>>),
}

impl Inflate {
    pub(super) fn new(raw: Take<File>, is_deflated: bool, size: u64, crc: u32) -> Self {
        let content = if is_deflated {
            Content::Deflated(DeflateDecoder::new(BufReader::with_capacity(32 << 10, raw)))
        } else {
            Content::Stored(raw)
        };
        Self { content, left: size, crc: Crc::new(), promised: crc, is_over: false }
    }

    fn end(&mut self) -> Result<(), Error> {
        if self.content.read(&mut [0])? != 0 {
            return Err(corrupt("a file is longer than its directory says"));
        }
        if !self.content.is_used_up() {
            return Err(corrupt("something follows the content of a file"));
        }
        if self.crc.sum() != self.promised {
            return Err(corrupt("the checksum of a file differs"));
        }
        Ok(())
    }
}

impl Read for Inflate {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buf.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        let n = if most == 0 { 0 } else { self.content.read(&mut buf[..most])? };
        if n < most && n == 0 {
            return Err(corrupt("a file is shorter than its directory says").into());
        }
        self.crc.update(&buf[..n]);
        self.left -= n as u64;
        if self.left == 0 {
            self.end()?;
            self.is_over = true;
        }
        Ok(n)
    }
}

impl Content {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Stored(raw) => Ok(raw.read(buf)?),
            Self::Deflated(decoder) => decoder.read(buf).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData => {
                    corrupt("a file is not deflated soundly").with_source(error)
                }
                _ => error.into(),
            }),
        }
    }

    fn is_used_up(&self) -> bool {
        match self {
            Self::Stored(raw) => raw.limit() == 0,
            Self::Deflated(decoder) => {
                decoder.get_ref().buffer().is_empty() && decoder.get_ref().get_ref().limit() == 0
            }
        }
    }
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("it is not a sound zip archive: {what}"))
}
