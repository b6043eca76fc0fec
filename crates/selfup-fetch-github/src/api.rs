//! Makes requests to the API, within its limits.

use std::time::Instant;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use selfup_fetch::{Error, ErrorKind};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    body,
    exchange::{Response, ask},
    limit::Limit,
    release::Asset,
    session::Session,
    settings::{Prepared, Settings},
    status::{self, About},
};

/// The API for the time of a poll.
pub(crate) struct Api<'a> {
    pub(crate) session: &'a Session,
    pub(crate) prepared: &'a Prepared,
    pub(crate) settings: &'a Settings,
    pub(crate) limit: &'a mut Limit,
}

/// A response of the API, and the tag to ask whether it is still current.
#[derive(Debug)]
pub(crate) struct Told<T> {
    pub(crate) value: T,
    pub(crate) has_next: bool,
    pub(crate) etag: Option<HeaderValue>,
}

/// A page of 100 releases has a few megabytes if each has long notes and many files.
const MOST_JSON: usize = 32 << 20;

/// Lists of the checksums of a release have a few kilobytes.
const MOST_TEXT: usize = 1 << 20;

impl Api<'_> {
    /// Requests a document in JSON. `None` means that it is unchanged since it had that tag.
    pub(crate) fn json<T: DeserializeOwned>(
        &mut self,
        path: &str,
        about: About<'_>,
        etag: Option<&HeaderValue>,
    ) -> Result<Option<Told<T>>, Error> {
        let mut headers = accepting("application/vnd.github+json");
        if let Some(etag) = etag {
            headers.insert(header::IF_NONE_MATCH, etag.clone());
        }
        let mut response = self.ask(path, &headers)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(None),
            _ => return Err(self.refused(response, about)),
        }
        let json = body::whole(self.session, &mut response, &self.prepared.deadlines, MOST_JSON)?;
        let value = serde_json::from_slice(&json).map_err(|error| {
            let reason = format!(
                "what responds is not the api of github ({error}); a proxy or login page may be in \
                 between"
            );
            response.named(Error::new(ErrorKind::Protocol, reason).advise("check the base url"))
        })?;
        let has_next = response.header(header::LINK).is_some_and(names_next);
        let etag = response.headers().get(header::ETAG).cloned();
        Ok(Some(Told { value, has_next, etag }))
    }

    /// Requests the bytes of an asset, which the API redirects to the storage host.
    pub(crate) fn bytes(&mut self, asset: &Asset) -> Result<Response, Error> {
        let path = format!(
            "/repos/{}/{}/releases/assets/{}",
            self.settings.owner, self.settings.repo, asset.id
        );
        let response = self.ask(&path, &as_bytes())?;
        match response.status() {
            StatusCode::OK => Ok(response),
            _ => Err(self.refused(response, About::Asset(&asset.name))),
        }
    }

    /// Reads a small asset.
    pub(crate) fn text(&mut self, asset: &Asset) -> Result<String, Error> {
        let mut response = self.bytes(asset)?;
        let bytes = body::whole(self.session, &mut response, &self.prepared.deadlines, MOST_TEXT)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn ask(&mut self, path: &str, headers: &HeaderMap) -> Result<Response, Error> {
        let deadline = Instant::now() + self.prepared.deadlines.total;
        let url = self.prepared.url(path);
        ask(self.session, self.prepared, self.limit, url, headers, deadline)
    }

    /// The error that the status of a response stands for.
    fn refused(&mut self, mut response: Response, about: About<'_>) -> Error {
        let message = self.message(&mut response);
        let status = response.status();
        if response.is_api && matches!(status.as_u16(), 403 | 429) {
            if status::speaks_of_limit(&message) && self.limit.check().is_ok() {
                self.limit.note_unannounced();
            }
            // Either this response or an earlier one reached the limit: requests are useless now.
            if let Err(limited) = self.limit.check() {
                return limited;
            }
        }
        let wait = response.header(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok());
        let has_token = self.prepared.token.is_some();
        let error = if response.is_api {
            status::of_api(status, &message, about, has_token, self.settings)
        } else {
            status::of_storage(status)
        };
        let error = match wait.filter(|_| error.kind() == ErrorKind::Unavailable) {
            Some(seconds) => error.with_retry_after(std::time::Duration::from_secs(seconds)),
            None => error,
        };
        response.named(error)
    }

    /// The message of the API.
    fn message(&self, response: &mut Response) -> String {
        #[derive(Deserialize)]
        struct Refusal {
            message: String,
        }
        let body = body::whole(self.session, response, &self.prepared.deadlines, MOST_TEXT);
        body.ok()
            .and_then(|body| serde_json::from_slice::<Refusal>(&body).ok())
            .map_or_else(String::new, |refusal| refusal.message)
    }
}

/// The media type that requests the bytes of an asset instead of its description.
pub(crate) fn as_bytes() -> HeaderMap {
    let mut headers = accepting("application/octet-stream");
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

fn accepting(media_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(media_type));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    headers
}

/// Whether a `Link` names a further page (RFC 8288).
fn names_next(link: &str) -> bool {
    link.split(',').any(|link| {
        link.split(';').skip(1).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split(' ').any(|rel| rel == "next")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_page_is_seen() {
        let next = "<https://h/repositories/1/releases?page=2>; rel=\"next\"";
        assert!(names_next(next));
        assert!(names_next(&format!("<https://h/?page=1>; rel=\"prev\", {next}")));
        assert!(names_next("<x>; title=a; rel=next"));
        assert!(!names_next("<https://h/?rel=next>; rel=\"last\""));
        assert!(!names_next(""));
    }
}
