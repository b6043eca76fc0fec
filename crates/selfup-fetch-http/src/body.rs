use std::io::{self, Read};

use selfup_fetch::{Error, ErrorKind};
use ureq::BodyReader;

use crate::{answer::Answer, deadlines::Deadlines};

/// The body of an answer as it comes over the line: whole, or an error.
pub(crate) struct Body {
    reader: BodyReader<'static>,
    deadlines: Deadlines,
    place: String,
    /// The length that the answer announced.
    expected: Option<u64>,
    received: u64,
    failed: Option<ErrorKind>,
}

impl Read for Body {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        // After an error, the end of what is left would look like the end of all.
        if let Some(kind) = self.failed {
            return Err(self.fail(Error::new(kind, "the transfer had failed before")));
        }
        // ureq holds what comes against the announced length, or the chunks' own end.
        match self.reader.read(buf) {
            Ok(n) => {
                self.received += n as u64;
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.broken(error)),
        }
    }
}

impl Body {
    pub(crate) fn of(answer: Answer, deadlines: Deadlines) -> Self {
        let expected = answer.length();
        let reader = answer.response.into_body().into_reader();
        Self { reader, deadlines, place: answer.place, expected, received: 0, failed: None }
    }

    fn broken(&mut self, error: io::Error) -> io::Error {
        let error = match error.downcast::<ureq::Error>() {
            Ok(ureq::Error::Timeout(timeout)) => self.deadlines.missed(timeout),
            Ok(error) => {
                Error::new(ErrorKind::Protocol, "the body is not sound http/1.1").with_source(error)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => return self.cut_off(),
                _ => Error::new(ErrorKind::Io, format!("the transfer broke ({error})"))
                    .with_source(error),
            },
        };
        self.fail(error)
    }

    fn cut_off(&mut self) -> io::Error {
        let of = self.expected.map(|expected| format!(" of {expected}")).unwrap_or_default();
        let reason = format!("the connection ended after {}{of} bytes", self.received);
        self.fail(Error::new(ErrorKind::Truncated, reason))
    }

    fn fail(&mut self, error: Error) -> io::Error {
        self.failed = Some(error.kind());
        error.at(&self.place).into()
    }
}
