//! Going on in the middle of a file after a broken connection.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use selfup_fetch::{Backoff, Error, ErrorKind};
use ureq::{
    Timeout,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use crate::{
    body::Body, client::Client, content_range::ContentRange, exchange::ask, response::Response,
    strong_validator::StrongValidator, url::Url,
};

/// What it takes to go on with a file in the middle (RFC 9110, sections 13.1.5 and 14).
///
/// Two parts are joined only if both are said to be of the same bytes, by the same strong
/// validator from the same place.
pub(crate) struct Resumption {
    client: Arc<Client>,
    /// Who responded.
    url: Url,
    validator: StrongValidator,
    until: Instant,
    /// How many more times the rest may be asked for.
    left: u32,
    /// Where the last part began, if there was one.
    resumed_at: Option<u64>,
    backoff: Backoff,
}

/// The longest pause after the first break: time for a connection to come back, not noticed in a
/// transfer of seconds. Half of it is always waited.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after more failures in a row: a server restarts in that time.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause that a server can ask for in the middle; who asks for more is left alone until
/// the next poll.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

/// Why the rest did not come.
enum Setback {
    /// It may come if it is asked for again.
    Passing(Error),
    /// Not in this transfer.
    Final(Error),
    /// The server starts over: it serves no parts.
    Whole,
}

impl Resumption {
    /// That of a file which has just begun; `None` if it cannot be resumed.
    pub(crate) fn of(response: &Response, client: &Arc<Client>) -> Option<Self> {
        let headers = response.headers();
        // Of a coded answer it is never sure which bytes a range counts.
        if client.resumptions == 0 || is_coded(headers) || refuses_ranges(headers) {
            return None;
        }
        let seed = RandomState::new().hash_one(response.until);
        Some(Self {
            validator: StrongValidator::of(headers, client.validators)?,
            url: response.url.clone(),
            client: Arc::clone(client),
            until: response.until,
            left: client.resumptions,
            resumed_at: None,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, seed),
        })
    }

    /// The rest of the file after `body` broke.
    ///
    /// Each part must have brought something, or the next would not either.
    pub(crate) fn go_on(&mut self, body: &Body, broken: Error) -> Result<Body, Error> {
        let is_stuck = self.resumed_at.is_some_and(|at| body.position() <= at);
        if !can_pass(&broken) || is_stuck {
            return Err(broken);
        }
        self.backoff.after_success(Duration::ZERO);
        let mut last: Option<Error> = None;
        while self.left > 0 {
            let asked = last.as_ref().and_then(Error::retry_after);
            if asked.is_some_and(|asked| asked > LONGEST_ASKED) {
                break;
            }
            if !self.pause(asked) {
                return Err(self.client.deadlines.missed(Timeout::Global).at(body.place()));
            }
            self.left -= 1;
            match self.rest(body) {
                Ok(rest) => {
                    self.resumed_at = Some(body.position());
                    return Ok(rest);
                }
                Err(Setback::Passing(error)) => last = Some(error),
                Err(Setback::Final(error)) => return Err(error),
                Err(Setback::Whole) => return Err(broken),
            }
        }
        Err(match last {
            Some(last) => {
                let asked = last.retry_after();
                let broken = broken.with_source(last);
                if let Some(asked) = asked { broken.with_retry_after(asked) } else { broken }
            }
            None => broken,
        })
    }

    /// Waits a little, longer after each failure, and as long as the server asked for; or says
    /// that there is no time for it.
    fn pause(&mut self, asked: Option<Duration>) -> bool {
        let pause = self.backoff.after_failure(asked);
        if self.until.saturating_duration_since(Instant::now()) <= pause {
            return false;
        }
        // Nobody notifies: all of the time passes.
        let never = Mutex::new(());
        if let Ok(guard) = never.lock() {
            drop(Condvar::new().wait_timeout_while(guard, pause, |()| true));
        }
        true
    }

    fn rest(&self, body: &Body) -> Result<Body, Setback> {
        let client = &self.client;
        let range = HeaderValue::try_from(format!("bytes={}-", body.position()));
        let range = range.map_err(|_| Setback::Whole)?;
        let more = [(header::RANGE, range), self.validator.if_range()];
        let response =
            ask(client, &client.url, &Method::GET, &more, self.until).map_err(Setback::of)?;
        let is_same =
            response.url.is_same_file(&self.url) && self.validator.is_in(response.headers());
        match response.status() {
            StatusCode::PARTIAL_CONTENT if is_same => self.joined(response, body),
            StatusCode::OK if is_same => Err(Setback::Whole),
            // Nothing follows; without a length, only the mark of the end may have been missing.
            StatusCode::RANGE_NOT_SATISFIABLE if body.end().is_none() => Err(Setback::Whole),
            StatusCode::PARTIAL_CONTENT | StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
                let reason = format!(
                    "it is not the same any more after {} bytes; it will be fetched from the start",
                    body.position()
                );
                Err(Setback::Final(Error::new(ErrorKind::Changed, reason).at(response.place)))
            }
            _ => Err(Setback::of(response.refused())),
        }
    }

    /// Checks that a part is the one that was asked for.
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

impl Setback {
    fn of(error: Error) -> Self {
        if can_pass(&error) { Self::Passing(error) } else { Self::Final(error) }
    }
}

/// Whether it was the line or the server's state that failed, and not what was said.
fn can_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Truncated
            | ErrorKind::Stalled
            | ErrorKind::TimedOut
            | ErrorKind::Unreachable
            | ErrorKind::Unavailable
            | ErrorKind::Io
    ) && error.is_transient()
}

fn is_coded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn refuses_ranges(headers: &HeaderMap) -> bool {
    let ranges = headers.get(header::ACCEPT_RANGES);
    ranges.is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none"))
}
