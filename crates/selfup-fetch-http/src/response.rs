//! A response whose body is still to be read.

use std::time::{Duration, Instant, SystemTime};

use selfup_fetch::{Compression, Error, ErrorKind};
use ureq::{
    Body,
    http::{self, HeaderMap, HeaderName, StatusCode, header},
};

use crate::{status, url::Url};

/// The response at the end of the redirects, whose body is still to be read.
pub(crate) struct Response {
    pub(crate) inner: http::Response<Body>,
    /// The URL that responded.
    pub(crate) url: Url,
    /// The URL that responded and the one requested, without secrets.
    pub(crate) place: String,
    /// Whether the request went to another origin, and so without the configured headers.
    pub(crate) anonymous: bool,
    /// The deadline for reading the body.
    pub(crate) until: Instant,
}

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.inner.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The error that the status stands for.
    pub(crate) fn refused(&self) -> Error {
        let asked_to_wait = self.retry_after();
        let (kind, mut reason) = status::meaning(self.status(), asked_to_wait.is_some());
        if self.anonymous && kind == ErrorKind::Denied {
            reason += "; it is another origin than the configured one, so it was sent no \
                       credentials";
        }
        let error = Error::new(kind, reason).at(&self.place);
        let error = if status::is_final(self.status()) { error.permanent() } else { error };
        match asked_to_wait {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        }
    }

    /// Whether the status means too many requests, and not a forbidden one.
    pub(crate) fn asks_to_wait(&self) -> bool {
        self.retry_after().is_some()
    }

    /// The delay in `Retry-After`: seconds, or a date, which is compared with the clock of the
    /// server if the response has a `Date`.
    fn retry_after(&self) -> Option<Duration> {
        let text = |name: HeaderName| self.headers().get(name)?.to_str().ok();
        let value = text(header::RETRY_AFTER)?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = httpdate::parse_http_date(value).ok()?;
        let now = text(header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
        Some(until.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
    }

    /// The length of the body in bytes, before any content coding is undone.
    ///
    /// A body in chunks has its own framing, and a length next to it means nothing (RFC 9112,
    /// section 6.3).
    pub(crate) fn length(&self) -> Option<u64> {
        if self.headers().contains_key(header::TRANSFER_ENCODING) {
            return None;
        }
        self.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The compression of the body on its way.
    ///
    /// The request asks for none, so any coding is unexpected. Some servers apply gzip all the
    /// same, and some mistake the `compression` in the name of the file for a coding; these two
    /// are undone. Any other coding is an error.
    pub(crate) fn coding(&self, compression: Compression) -> Result<Compression, Error> {
        let mut found = Compression::None;
        for value in self.headers().get_all(header::CONTENT_ENCODING) {
            for coding in value.to_str().unwrap_or("?").split(',').map(str::trim) {
                let is_first = found == Compression::None;
                match coding.to_ascii_lowercase().as_str() {
                    "identity" | "" => {}
                    "gzip" | "x-gzip" if is_first => found = Compression::Gzip,
                    "zstd" if is_first && compression == Compression::Zstd => found = compression,
                    _ => {
                        let reason = format!(
                            "it comes with the content coding {coding:?}, which was not asked \
                             for; publish it as it is"
                        );
                        return Err(Error::new(ErrorKind::Protocol, reason).at(&self.place));
                    }
                }
            }
        }
        Ok(found)
    }
}
