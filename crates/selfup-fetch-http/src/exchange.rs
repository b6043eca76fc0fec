use std::{
    io,
    time::{Duration, Instant},
};

use selfup_fetch::{Error, ErrorKind};
use ureq::{
    Body,
    http::{HeaderName, HeaderValue, Method, Request, Response, header},
};

use crate::{
    answer::Answer,
    failure::Failure,
    settings::{Prepared, Settings},
    url::Url,
};

/// Asks an address of the configured origin and follows redirects to an answer.
///
/// The configuration's headers, credentials among them, are sent to the configured origin only;
/// a redirect that comes back there gets them again. The condition goes everywhere.
pub(crate) fn ask(
    settings: &Settings,
    prepared: &Prepared,
    start: &Url,
    method: &Method,
    condition: Option<&(HeaderName, HeaderValue)>,
) -> Result<Answer, Error> {
    let home = prepared.url.origin();
    let failure = Failure { deadlines: settings.deadlines, home: start.shown() };
    let started = Instant::now();
    let mut url = start.clone();
    let mut redirects = 0;
    loop {
        let at_home = url.origin() == home;
        let left = settings.deadlines.total.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(failure.of(ureq::Error::Timeout(ureq::Timeout::Global), &url));
        }
        let request = || {
            let mut request = Request::new(());
            *request.method_mut() = method.clone();
            *request.uri_mut() = url.uri().clone();
            if at_home {
                request.headers_mut().clone_from(&prepared.headers);
            }
            if let Some((name, value)) = condition {
                request.headers_mut().insert(name, value.clone());
            }
            request
        };
        let response = send(prepared, request, left).map_err(|error| failure.of(error, &url))?;
        let Some(next) = target(&response, &url).map_err(|error| error.at(failure.place(&url)))?
        else {
            let place = failure.place(&url);
            let anonymous = !at_home && !prepared.headers.is_empty();
            return Ok(Answer { response, url, place, anonymous });
        };
        redirects += 1;
        if redirects > settings.max_redirects {
            let reason = format!("redirected more than {} times", settings.max_redirects);
            return Err(refusal(reason).at(failure.place(&next)));
        }
        if !next.is_https() && (url.is_https() || settings.https_only) {
            let reason = format!("{} redirects to unencrypted http:", url.shown());
            return Err(refusal(reason).at(failure.place(&next)));
        }
        url = next;
    }
}

/// Sends the request, and once more if a connection that was kept open turns out to be closed.
///
/// A server may close an idle connection in the moment it is used; asking again is what RFC 9112
/// (section 9.3.1) has a client do, and `GET` and `HEAD` may be asked twice.
fn send(
    prepared: &Prepared,
    request: impl Fn() -> Request<()>,
    left: Duration,
) -> Result<Response<Body>, ureq::Error> {
    let once = || {
        let request = prepared.agent.configure_request(request());
        prepared.agent.run(request.timeout_global(Some(left)).build())
    };
    match once() {
        Err(ureq::Error::Io(error)) if was_closed(&error) && prepared.was_used() => once(),
        result => result,
    }
    .inspect(|_| prepared.note_use())
}

fn was_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// Where a response sends us, if it does.
fn target(response: &Response<Body>, url: &Url) -> Result<Option<Url>, Error> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response
        .headers()
        .get(header::LOCATION)
        .ok_or_else(|| refusal(format!("answered {} without a location", response.status())))?;
    url.join(location.as_bytes())
        .map(Some)
        .map_err(|reason| refusal(format!("redirected to where nothing can be fetched: {reason}")))
}

/// What a redirect must not do will not mend by itself.
fn refusal(reason: String) -> Error {
    Error::new(ErrorKind::Protocol, reason).permanent()
}
