//! Reads the bytes of an object, which end whole and verified, or with an error.

use std::io::{self, Read};

use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream};
use bytes::{Buf, Bytes};
use selfup_fetch::{Error, ErrorKind};

use crate::{checksum::Verifier, failure, object::Object, phase::Phase, resumption::Resumption};

/// An object as it comes over the line. It ends whole and with the right checksum, or with an error.
///
/// It owns the session, and closes it at the end or at an error.
pub(crate) struct Body {
    /// Taken at the end.
    line: Option<Resumption>,
    place: String,
    size: u64,
    received: u64,
    stream: ByteStream,
    /// The bytes that have arrived and are not read yet.
    chunk: Bytes,
    verifier: Option<Verifier>,
    failed: Option<ErrorKind>,
}

impl Read for Body {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        // After an error, the end of this body would look like the end of the object.
        if let Some(kind) = self.failed {
            return Err(self.fail(Error::new(kind, "the transfer had failed before")));
        }
        if self.chunk.is_empty() {
            self.chunk = self.more().map_err(|error| self.fail(error))?;
        }
        let n = buf.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

impl Body {
    /// Reads the body of a response with the object at `place`.
    pub(crate) fn of(
        response: GetObjectOutput,
        line: Resumption,
        object: &Object,
        place: String,
    ) -> Result<Self, Error> {
        line.check(&response, 0)?;
        Ok(Self {
            line: Some(line),
            place,
            size: object.size,
            received: 0,
            stream: response.body,
            chunk: Bytes::new(),
            verifier: object.checksum.clone().map(|checksum| checksum.verifier()),
            failed: None,
        })
    }

    /// Returns the next bytes; none at the end.
    fn more(&mut self) -> Result<Bytes, Error> {
        while self.received < self.size {
            let Some(line) = &mut self.line else { break };
            let next = line.session().wait(Phase::Body, self.stream.next());
            let broken = match next {
                Ok(Some(Ok(bytes))) if bytes.is_empty() => continue,
                Ok(Some(Ok(bytes))) => return self.take(bytes),
                Ok(None) => cut_off(self.received, self.size),
                Ok(Some(Err(error))) => match failure::broken(&error) {
                    error if error.kind() == ErrorKind::Truncated => {
                        cut_off(self.received, self.size)
                    }
                    error => error,
                },
                Err(missed) => missed,
            };
            self.stream = line.go_on(self.received, broken)?.body;
        }
        self.finish()
    }

    fn take(&mut self, bytes: Bytes) -> Result<Bytes, Error> {
        self.received += bytes.len() as u64;
        if self.received > self.size {
            let reason = format!("more than its {} bytes came", self.size);
            return Err(Error::new(ErrorKind::Protocol, reason));
        }
        if let Some(verifier) = &mut self.verifier {
            verifier.update(&bytes);
        }
        Ok(bytes)
    }

    fn finish(&mut self) -> Result<Bytes, Error> {
        self.line = None;
        self.verifier.take().map_or(Ok(()), Verifier::finish)?;
        Ok(Bytes::new())
    }

    fn fail(&mut self, error: Error) -> io::Error {
        self.failed = Some(error.kind());
        self.line = None;
        error.at(&self.place).into()
    }
}

fn cut_off(received: u64, size: u64) -> Error {
    let reason = format!("the connection ended after {received} of {size} bytes");
    Error::new(ErrorKind::Truncated, reason)
}
