//! One request, through all redirects, to its final response.

use std::time::Instant;

use http::{HeaderMap, StatusCode, Uri, header};
use selfup_fetch::{Error, ErrorKind, parts::Deadlines, redact};
use tokio::time::timeout;
use url::Url;

use crate::{
    failure,
    limit::Limit,
    session::{Reply, Session},
    settings::Prepared,
};

/// The response at the end of the redirects, whose body is still to be read.
pub(crate) struct Response {
    pub(crate) reply: Reply,
    /// The URL that responded.
    pub(crate) url: Url,
    /// The deadline for reading the body.
    pub(crate) deadline: Instant,
    /// Whether the API responded, and not the host that it redirects downloads to.
    pub(crate) is_api: bool,
    /// The URL that responded, without secrets, if it is not the API.
    pub(crate) place: Option<String>,
}

/// More than any honest chain needs.
const MOST_REDIRECTS: u32 = 10;

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.reply.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.reply.headers()
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// Adds the URL that responded to an error, if it is not the API.
    pub(crate) fn named(&self, error: Error) -> Error {
        match &self.place {
            Some(place) => error.at(place),
            None => error,
        }
    }
}

/// Makes a request, follows redirects to a response, and records the rate limit of the API.
///
/// The token goes to the origin of the API only: a storage host behind a redirect never sees it.
pub(crate) fn ask(
    session: &Session,
    prepared: &Prepared,
    limit: &mut Limit,
    start: Url,
    headers: &HeaderMap,
    deadline: Instant,
) -> Result<Response, Error> {
    let home = start.origin();
    let (mut url, mut redirects) = (start, 0);
    loop {
        let is_api = url.origin() == prepared.base.origin();
        let place = (url.origin() != home).then(|| redact(url.as_str()));
        let named = |error: Error| match &place {
            Some(place) => error.at(place),
            None => error,
        };
        if is_api {
            limit.check()?;
        }
        let reply = once(session, &prepared.deadlines, &url, headers, deadline).map_err(named)?;
        if is_api {
            limit.note(reply.status(), reply.headers(), prepared.token.is_some());
        }
        let Some(next) = target(&reply, &url).map_err(named)? else {
            return Ok(Response { reply, url, deadline, is_api, place });
        };
        redirects += 1;
        if redirects > MOST_REDIRECTS {
            return Err(named(refusal(format!("redirected more than {MOST_REDIRECTS} times"))));
        }
        if next.scheme() != "https" && (url.scheme() == "https" || next.scheme() != "http") {
            return Err(named(refusal(format!("redirected to unencrypted {}:", next.scheme()))));
        }
        url = next;
    }
}

/// Requests the URL that responded once more, within the same deadline.
pub(crate) fn again(
    session: &Session,
    deadlines: &Deadlines,
    response: &Response,
    headers: &HeaderMap,
) -> Result<Reply, Error> {
    once(session, deadlines, &response.url, headers, response.deadline)
}

fn once(
    session: &Session,
    deadlines: &Deadlines,
    url: &Url,
    headers: &HeaderMap,
    deadline: Instant,
) -> Result<Reply, Error> {
    let uri: Uri = url.as_str().parse().map_err(|error: http::uri::InvalidUri| {
        refusal(format!("redirected to where nothing can be fetched: {error}"))
    })?;
    let left = deadline.saturating_duration_since(Instant::now());
    // The connection has a deadline of its own within this one.
    let patience = (deadlines.connect + deadlines.response).min(left);
    let responded =
        session.run(async { timeout(patience, session.get(uri, headers.clone())).await });
    match responded {
        Some(Ok(Ok(reply))) => Ok(reply),
        Some(Ok(Err(error))) => Err(failure::before_response(error, deadlines)),
        Some(Err(_)) | None if patience == left => Err(deadlines.too_long()),
        Some(Err(_)) | None => Err(deadlines.no_response()),
    }
}

/// The target of a redirect, if the response is one.
fn target(reply: &Reply, url: &Url) -> Result<Option<Url>, Error> {
    let status = reply.status();
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = reply
        .headers()
        .get(header::LOCATION)
        .ok_or_else(|| refusal(format!("responded with {status} but without a location")))?;
    let location = location.to_str().map_err(|_| refusal("redirected to no URL".to_owned()))?;
    let mut next = url
        .join(location)
        .map_err(|error| refusal(format!("redirected to where nothing can be fetched: {error}")))?;
    next.set_fragment(None);
    if next.host_str().is_none() {
        return Err(refusal("redirected to no host".to_owned()));
    }
    Ok(Some(next))
}

/// The error for a forbidden redirect, which does not go away by itself.
fn refusal(reason: String) -> Error {
    Error::new(ErrorKind::Protocol, reason).permanent()
}
