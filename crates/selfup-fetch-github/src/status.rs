//! What a status other than success means to a fetcher.

use http::StatusCode;
use selfup_fetch::{Error, ErrorKind};

use crate::settings::Settings;

/// The object of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    Releases,
    Tag(&'a str),
    Asset(&'a str),
}

/// The error for a status of the API other than success or a rate limit.
pub(crate) fn of_api(
    status: StatusCode,
    message: &str,
    about: About<'_>,
    has_token: bool,
    settings: &Settings,
) -> Error {
    let says = if message.is_empty() { String::new() } else { format!(" ({})", one_line(message)) };
    match status.as_u16() {
        401 => Error::new(
            ErrorKind::Denied,
            format!("the token is not accepted{says}; it has expired, was revoked or is mistyped"),
        ),
        403 => Error::new(
            ErrorKind::Denied,
            if has_token {
                format!(
                    "the token does not allow it{says}; it needs the permission contents: read, \
                     and in some organizations an approval"
                )
            } else {
                format!("the api does not allow it without a token{says}")
            },
        ),
        404 | 410 => Error::new(ErrorKind::NotFound, missing(about, has_token, settings)),
        // A repository that was taken down.
        451 => Error::new(ErrorKind::Denied, format!("the repository is withheld{says}")),
        500.. => Error::new(ErrorKind::Unavailable, format!("the api is in trouble: {status}")),
        400..500 => {
            let reason = format!("the api does not take the request: {status}{says}");
            Error::new(ErrorKind::Protocol, reason).permanent()
        }
        _ => Error::new(ErrorKind::Protocol, format!("the api responds with {status}")),
    }
}

fn missing(about: About<'_>, has_token: bool, settings: &Settings) -> String {
    let base = if settings.is_github() {
        ""
    } else {
        ", and that the base url is that of the api (https://HOST/api/v3)"
    };
    let token = if has_token {
        "that the token may read its contents"
    } else {
        "and give a token if it is private"
    };
    match about {
        About::Releases => {
            format!("there is no such repository to be seen; check its name, {token}{base}")
        }
        About::Tag(tag) => format!(
            "there is no release of the tag {tag:?} to be seen; check that it is published, the \
             repository's name, {token}{base}"
        ),
        About::Asset(name) => format!("the asset {name:?} was removed in this moment"),
    }
}

/// The error for a status of the storage host. Its URLs are short-lived, so no such error is
/// permanent.
pub(crate) fn of_storage(status: StatusCode) -> Error {
    let kind = match status.as_u16() {
        404 | 410 => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("the host that keeps the assets responds with {status}"))
}

/// Whether a refusal is due to a rate limit that no header shows.
pub(crate) fn speaks_of_limit(message: &str) -> bool {
    message.to_ascii_lowercase().contains("rate limit")
}

/// A text of the server, made fit for one line.
fn one_line(message: &str) -> String {
    const MOST: usize = 200;
    let mut line: String =
        message.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < message.len() {
        line.push('…');
    }
    line
}
