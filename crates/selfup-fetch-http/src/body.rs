//! The body of one response: it ends where the response announced, or with an error.

use std::io::{self, Read};

use selfup_fetch::{Error, ErrorKind, parts::Deadlines};
use ureq::BodyReader;

use crate::{response::Response, timeout};

/// The body of one response as it comes over the line, read to its end or to an error.
pub(crate) struct Body {
    reader: BodyReader<'static>,
    deadlines: Deadlines,
    place: String,
    /// The position of the next byte in the file.
    position: u64,
    /// The length of the file, if it is known.
    end: Option<u64>,
}

impl Read for Body {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        // ureq checks the body against the announced length or the end of the chunks.
        match self.reader.read(buf) {
            // A part may be complete in itself and still not reach the end of the file.
            Ok(0) if self.end.is_some_and(|end| self.position < end) => {
                Err(self.cut_off().at(&self.place).into())
            }
            Ok(n) => {
                self.position += n as u64;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.broken(error).at(&self.place).into()),
        }
    }
}

impl Body {
    pub(crate) fn of(response: Response, deadlines: Deadlines) -> Self {
        let end = response.length();
        Self::part_of(response, deadlines, 0, end)
    }

    /// A body that begins somewhere in the file and goes on to its end.
    pub(crate) fn part_of(
        response: Response,
        deadlines: Deadlines,
        position: u64,
        end: Option<u64>,
    ) -> Self {
        let reader = response.inner.into_body().into_reader();
        Self { reader, deadlines, place: response.place, position, end }
    }

    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    pub(crate) const fn end(&self) -> Option<u64> {
        self.end
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    fn broken(&self, error: io::Error) -> Error {
        match error.downcast::<ureq::Error>() {
            Ok(ureq::Error::Timeout(timeout)) => timeout::missed(&self.deadlines, timeout),
            // The connection ended within the framing of a chunk.
            Ok(ureq::Error::BodyStalled) => self.cut_off(),
            Ok(error) => {
                Error::new(ErrorKind::Protocol, "the body is not sound http/1.1").with_source(error)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => self.cut_off(),
                _ => Error::new(ErrorKind::Io, format!("the transfer broke ({error})"))
                    .with_source(error),
            },
        }
    }

    fn cut_off(&self) -> Error {
        let of = self.end.map(|end| format!(" of {end}")).unwrap_or_default();
        let reason = format!("the connection ended after {}{of} bytes", self.position);
        Error::new(ErrorKind::Truncated, reason)
    }
}
