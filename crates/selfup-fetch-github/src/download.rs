//! The bytes of an asset, from as many responses as it takes to get them all.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

use crate::{
    api,
    body::{Broken, piece},
    exchange::{Response, again},
    session::Session,
};

/// The bytes of an asset as they come over the line. They end whole, or with an error.
///
/// It owns the runtime of the connection, and drops it at the end or the first error. Apart from the
/// buffer of the socket, nothing is read ahead.
pub(crate) struct Download {
    /// `None` after the end.
    line: Option<(Session, Response)>,
    deadlines: Deadlines,
    /// The asset, for messages.
    place: String,
    /// The size in bytes that the API reports.
    size: u64,
    received: u64,
    ready: Bytes,
    resumption: Option<Resumption>,
    failed: Option<ErrorKind>,
}

/// The means to resume after a break: the tag proves that the file is still the same.
struct Resumption {
    etag: HeaderValue,
    left: u32,
    /// The number of bytes at the last break; without progress, resuming is useless.
    from: u64,
}

/// A connection that breaks more often than this in one transfer needs a longer pause.
const MOST_RESUMPTIONS: u32 = 5;

impl Download {
    /// # Errors
    ///
    /// If the response cannot be the asset.
    pub(crate) fn of(
        session: Session,
        response: Response,
        deadlines: Deadlines,
        size: u64,
        place: String,
    ) -> Result<Self, Error> {
        if let Some(coding) = response.header(header::CONTENT_ENCODING)
            && !coding.eq_ignore_ascii_case("identity")
        {
            let reason =
                format!("it comes with the content coding {coding:?}, which was not asked for");
            return Err(Error::new(ErrorKind::Protocol, reason).at(place));
        }
        let length = response.header(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        if let Some(length) = length.filter(|length: &u64| *length != size) {
            let reason = format!(
                "it has {length} bytes, and {size} by the api; it was replaced in this moment, or \
                 something in between responds in its place"
            );
            return Err(Error::new(ErrorKind::Changed, reason).at(place));
        }
        let resumption = resumption(&response);
        Ok(Self {
            line: Some((session, response)),
            deadlines,
            place,
            size,
            received: 0,
            ready: Bytes::new(),
            resumption,
            failed: None,
        })
    }

    /// Reads the next piece; an empty one is the end.
    fn next(&mut self) -> Result<Bytes, Error> {
        while let Some((session, response)) = &mut self.line {
            match piece(session, &mut response.reply, &self.deadlines, response.deadline) {
                Ok(Some(bytes)) if self.received + bytes.len() as u64 > self.size => {
                    let reason = format!("it has more than the {} bytes of the api", self.size);
                    return Err(Error::new(ErrorKind::Changed, reason));
                }
                Ok(Some(bytes)) => {
                    self.received += bytes.len() as u64;
                    return Ok(bytes);
                }
                Ok(None) if self.received == self.size => self.line = None,
                Ok(None) | Err(Broken::Cut) => {
                    if !self.resume() {
                        let (received, size) = (self.received, self.size);
                        let reason =
                            format!("the connection ended after {received} of {size} bytes");
                        return Err(Error::new(ErrorKind::Truncated, reason));
                    }
                }
                Err(Broken::Failed(error)) => return Err(error),
            }
        }
        Ok(Bytes::new())
    }

    /// Requests the rest from the storage host, if it is certain to be of the same file.
    fn resume(&mut self) -> bool {
        let (Some(resumption), Some((session, response))) = (&mut self.resumption, &mut self.line)
        else {
            return false;
        };
        if resumption.left == 0 || self.received <= resumption.from {
            return false;
        }
        resumption.left -= 1;
        resumption.from = self.received;
        let mut headers = api::as_bytes();
        let Ok(range) = HeaderValue::try_from(format!("bytes={}-", self.received)) else {
            return false;
        };
        headers.insert(header::RANGE, range);
        headers.insert(header::IF_RANGE, resumption.etag.clone());
        match again(session, &self.deadlines, response, &headers) {
            Ok(reply)
                if reply.status() == StatusCode::PARTIAL_CONTENT
                    && begins_at(reply.headers(), self.received, self.size) =>
            {
                response.reply = reply;
                true
            }
            _ => false,
        }
    }
}

impl Read for Download {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        // After an error, the end of this body would look like the end of the file.
        if let Some(kind) = self.failed {
            return Err(Error::new(kind, "the transfer had failed before").at(&self.place).into());
        }
        if self.ready.is_empty() {
            self.ready = self.next().map_err(|error| {
                self.failed = Some(error.kind());
                self.line = None;
                io::Error::from(error.at(&self.place))
            })?;
        }
        let n = buf.len().min(self.ready.len());
        self.ready.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

/// Resuming needs a strong tag (RFC 9110, section 13.1.5). It never uses the API, which counts
/// requests.
fn resumption(response: &Response) -> Option<Resumption> {
    let etag = response.headers().get(header::ETAG)?;
    let is_strong = etag.as_bytes().starts_with(b"\"");
    (is_strong && !response.is_api).then(|| Resumption {
        etag: etag.clone(),
        left: MOST_RESUMPTIONS,
        from: 0,
    })
}

/// Whether a part begins where the one before ended (RFC 9110, section 14.4).
fn begins_at(headers: &HeaderMap, start: u64, size: u64) -> bool {
    let range = || {
        let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
        let (range, whole) = range.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let whole = if whole == "*" { size } else { whole.parse().ok()? };
        Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?, whole))
    };
    range().is_some_and(|(first, last, whole)| {
        first == start && last.checked_add(1) == Some(size) && whole == size
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rest_of_the_same_goes_on() {
        let begins = |range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
            begins_at(&headers, 4, 9)
        };
        assert!(begins("bytes 4-8/9"));
        assert!(begins("bytes 4-8/*"));
        for other in ["bytes 0-8/9", "bytes 4-7/9", "bytes 4-8/10", "bytes */9", "4-8/9", ""] {
            assert!(!begins(other), "{other}");
        }
    }
}
