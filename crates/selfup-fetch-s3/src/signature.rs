//! The signature published next to an object.

use std::io::Read;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::{Buf, Bytes};
use selfup_fetch::{Error, read_signature};

use crate::{
    access::Access,
    failure::{self, Failure},
    phase::Phase,
    request,
    session::Session,
    settings::Source,
};

/// The signature that is an object itself, if there is one.
pub(crate) fn at(
    session: &Session,
    source: &Source,
    access: &Access,
) -> Result<Option<String>, Error> {
    let response = match request::get(session, source, None, 0) {
        Ok(response) => response,
        Err(Failure::Refused(refusal)) if refusal.is_absence() => return Ok(None),
        Err(failure) => return Err(failure.into_error(access).at(source.place())),
    };
    let text = read_signature(Chunks::of(response, session))
        .map_err(|error| Error::from(error).at(source.place()))?;
    Ok(Some(text))
}

/// Reads a short object.
pub(crate) struct Chunks<'a> {
    session: &'a Session,
    stream: aws_sdk_s3::primitives::ByteStream,
    chunk: Bytes,
}

impl<'a> Chunks<'a> {
    pub(crate) fn of(response: GetObjectOutput, session: &'a Session) -> Self {
        Self { session, stream: response.body, chunk: Bytes::new() }
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        while self.chunk.is_empty() {
            match self.session.wait(Phase::Body, self.stream.next())? {
                Some(Ok(bytes)) => self.chunk = bytes,
                Some(Err(error)) => return Err(failure::broken(&error).into()),
                None => return Ok(0),
            }
        }
        let n = buf.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}
