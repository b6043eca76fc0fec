//! Resumes a file in the middle after a broken connection.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use selfup_fetch::{
    Error, ErrorKind,
    parts::{Resumptions, Setback},
};
use ureq::http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    body::Body, client::Client, content_range::ContentRange, exchange::ask, response::Response,
    strong_validator::StrongValidator, url::Url,
};

/// The means to resume a file in the middle (RFC 9110, sections 13.1.5 and 14).
///
/// Two parts are joined only if the same strong validator from the same URL marks both as parts
/// of the same bytes.
pub(crate) struct Resumption {
    tries: Resumptions,
    line: Line,
}

/// The URL of the rest, and the validator that the rest has to have.
struct Line {
    client: Arc<Client>,
    /// Who responded.
    url: Url,
    validator: StrongValidator,
    until: Instant,
}

impl Resumption {
    /// The resumption of a file that has just begun; `None` if it cannot be resumed.
    pub(crate) fn of(response: &Response, client: &Arc<Client>) -> Option<Self> {
        let headers = response.headers();
        // In a response with a content coding, a range may count either form of the bytes.
        if client.resumptions == 0 || is_coded(headers) || refuses_ranges(headers) {
            return None;
        }
        Some(Self {
            tries: Resumptions::at_most(client.resumptions),
            line: Line {
                validator: StrongValidator::of(headers, client.validators)?,
                url: response.url.clone(),
                client: Arc::clone(client),
                until: response.until,
            },
        })
    }

    /// Requests the rest of the file after `body` broke.
    pub(crate) fn go_on(&mut self, body: &Body, broken: Error) -> Result<Body, Error> {
        let line = &self.line;
        let pause = |pause| line.pause(pause).map_err(|error| error.at(body.place()));
        self.tries.go_on(body.position(), broken, pause, || line.rest(body))
    }
}

impl Line {
    /// Waits, unless there is no time for it.
    fn pause(&self, pause: Duration) -> Result<(), Error> {
        if self.until.saturating_duration_since(Instant::now()) <= pause {
            return Err(self.client.deadlines.too_long());
        }
        // Nothing notifies this, so all of the time passes.
        let never = Mutex::new(());
        if let Ok(guard) = never.lock() {
            drop(Condvar::new().wait_timeout_while(guard, pause, |()| true));
        }
        Ok(())
    }

    fn rest(&self, body: &Body) -> Result<Body, Setback> {
        let client = &self.client;
        let range = HeaderValue::try_from(format!("bytes={}-", body.position()));
        let range = range.map_err(|_| Setback::Whole)?;
        let more = [(header::RANGE, range), self.validator.if_range()];
        let response =
            ask(client, &client.url, &Method::GET, &more, self.until).map_err(Setback::from)?;
        let is_same =
            response.url.is_same_file(&self.url) && self.validator.is_in(response.headers());
        match response.status() {
            StatusCode::PARTIAL_CONTENT if is_same => self.joined(response, body),
            StatusCode::OK if is_same => Err(Setback::Whole),
            // Nothing follows. Without a length, only the end mark may have been missing.
            StatusCode::RANGE_NOT_SATISFIABLE if body.end().is_none() => Err(Setback::Whole),
            StatusCode::PARTIAL_CONTENT | StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
                let reason = format!(
                    "it is not the same any more after {} bytes; it will be fetched from the start",
                    body.position()
                );
                Err(Setback::Final(Error::new(ErrorKind::Changed, reason).at(response.place)))
            }
            _ => Err(Setback::from(response.refused())),
        }
    }

    /// Checks that a part is the one that was requested.
    fn joined(&self, response: Response, body: &Body) -> Result<Body, Setback> {
        let position = body.position();
        let end = |range: ContentRange| {
            let end = body.end().or(range.total)?;
            let is_the_rest = range.first == position && range.end <= end;
            let is_of_the_same = range.total.is_none_or(|total| total == end);
            let announced = response.length().unwrap_or(range.end - range.first);
            let is_as_long = announced == range.end - range.first;
            (is_the_rest && is_of_the_same && is_as_long).then_some(end)
        };
        match ContentRange::of(response.headers()).and_then(end) {
            Some(end) if !is_coded(response.headers()) => {
                Ok(Body::part_of(response, self.client.deadlines, position, Some(end)))
            }
            _ => {
                let reason = format!(
                    "the rest from byte {position} was asked for, and what comes is another part, \
                     or coded"
                );
                Err(Setback::Final(Error::new(ErrorKind::Protocol, reason).at(response.place)))
            }
        }
    }
}

fn is_coded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn refuses_ranges(headers: &HeaderMap) -> bool {
    let ranges = headers.get(header::ACCEPT_RANGES);
    ranges.is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none"))
}
