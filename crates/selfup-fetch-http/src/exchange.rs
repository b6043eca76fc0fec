//! One request, through all redirects, to its final response.

use std::{io, time::Instant};

use selfup_fetch::{Error, ErrorKind, parts::tls::NO_PROVIDER};
use ureq::{
    Agent, Body, Proxy,
    http::{self, HeaderName, HeaderValue, Method, Request, header},
};

use crate::{client::Client, failure::Failure, proxies, response::Response, url::Url};

/// A header of one request.
pub(crate) type Header = (HeaderName, HeaderValue);

/// Requests a URL of the configured origin and follows redirects to a response.
///
/// The configured headers, credentials among them, go to the configured origin alone; a redirect
/// back to it gets them again. The `more` headers, such as conditions, go everywhere. `until` is
/// the deadline for all of it, including reading the body.
pub(crate) fn ask(
    client: &Client,
    start: &Url,
    method: &Method,
    more: &[Header],
    until: Instant,
) -> Result<Response, Error> {
    let mut failure = Failure { deadlines: client.deadlines, home: start.shown(), proxy: None };
    let mut url = start.clone();
    let mut redirects = 0;
    loop {
        if url.is_https() && !client.knows_tls {
            return Err(Error::new(ErrorKind::Configuration, NO_PROVIDER).at(failure.place(&url)));
        }
        let at_home = url.origin() == client.origin;
        let request = || {
            let mut request = Request::new(());
            *request.method_mut() = method.clone();
            *request.uri_mut() = url.uri().clone();
            if at_home {
                request.headers_mut().clone_from(&client.headers);
            }
            request.headers_mut().extend(more.iter().cloned());
            request
        };
        let proxy = client.proxies.on_the_way_to(&url).map_err(|reason| {
            Error::new(ErrorKind::Configuration, reason).at(failure.place(&url))
        })?;
        failure.proxy = proxy.map(proxies::shown);
        let way = Way { agent: client.agent(at_home), proxy, until };
        let response = way.send(client, request).map_err(|error| failure.of(error, &url))?;
        let Some(next) = target(&response, &url).map_err(|error| error.at(failure.place(&url)))?
        else {
            let place = failure.place(&url);
            let anonymous = !at_home && !client.headers.is_empty();
            return Ok(Response { inner: response, url, place, anonymous, until });
        };
        redirects += 1;
        if redirects > client.max_redirects {
            let reason = format!("redirected more than {} times", client.max_redirects);
            return Err(refusal(reason).at(failure.place(&next)));
        }
        if !next.is_https() && (url.is_https() || client.https_only) {
            let reason = format!("{} redirects to unencrypted http:", url.shown());
            return Err(refusal(reason).at(failure.place(&next)));
        }
        url = next;
    }
}

/// The route of a request to its destination.
struct Way<'a> {
    agent: &'a Agent,
    proxy: Option<&'a Proxy>,
    until: Instant,
}

impl Way<'_> {
    /// Sends the request, and sends it again if a connection that was kept open turns out to be
    /// closed.
    ///
    /// A server may close an idle connection at the moment it is used. RFC 9112 (section 9.3.1) has
    /// a client retry then, and `GET` and `HEAD` are safe to repeat.
    fn send(
        &self,
        client: &Client,
        request: impl Fn() -> Request<()>,
    ) -> Result<http::Response<Body>, ureq::Error> {
        match self.send_once(request()) {
            Err(ureq::Error::Io(error)) if was_closed(&error) && client.was_used() => {
                self.send_once(request())
            }
            result => result,
        }
        .inspect(|_| client.note_use())
    }

    fn send_once(&self, request: Request<()>) -> Result<http::Response<Body>, ureq::Error> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ureq::Error::Timeout(ureq::Timeout::Global));
        }
        let request = self.agent.configure_request(request);
        let request = request.proxy(self.proxy.cloned()).timeout_global(Some(left)).build();
        self.agent.run(request)
    }
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

/// The target of a redirect, if the response is one.
fn target(response: &http::Response<Body>, url: &Url) -> Result<Option<Url>, Error> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(header::LOCATION).ok_or_else(|| {
        refusal(format!("responded with {} but without a location", response.status()))
    })?;
    url.join(location.as_bytes())
        .map(Some)
        .map_err(|reason| refusal(format!("redirected to where nothing can be fetched: {reason}")))
}

/// The error for a forbidden redirect, which does not go away by itself.
fn refusal(reason: String) -> Error {
    Error::new(ErrorKind::Protocol, reason).permanent()
}
