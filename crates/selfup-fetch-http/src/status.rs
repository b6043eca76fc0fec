//! What a status other than success means to a fetcher.

use selfup_fetch::ErrorKind;
use ureq::http::StatusCode;

/// The kind of error that a status other than success stands for.
pub(crate) fn meaning(status: StatusCode, asks_to_wait: bool) -> (ErrorKind, String) {
    let (kind, hint) = match status.as_u16() {
        // Some servers respond with 403 to too many requests.
        403 | 429 | 503 if asks_to_wait => (ErrorKind::Unavailable, "it asks to be left alone"),
        401 => (ErrorKind::Denied, "credentials are missing or not accepted"),
        403 => (ErrorKind::Denied, "the credentials, if any, do not allow it"),
        407 => (ErrorKind::Denied, "the proxy wants credentials"),
        404 | 410 => (ErrorKind::NotFound, "nothing is published there (yet); check the URL"),
        408 | 425 | 429 => (ErrorKind::Unavailable, "it asks to be left alone"),
        500.. => (ErrorKind::Unavailable, "the server is in trouble"),
        400.. => (ErrorKind::Protocol, "the server does not take the request"),
        _ => (ErrorKind::Protocol, "that is no file"),
    };
    (kind, format!("the server responds with {status}: {hint}"))
}

/// Whether the same request gets the same response until somebody changes something, although the
/// class of the status does not imply it.
pub(crate) fn is_final(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 403 | 404 | 408 | 410 | 421 | 425 | 429)
}

/// Whether a response to `HEAD` leaves open what `GET` would bring. The method may be not allowed,
/// not implemented, not signed for (a presigned URL is for one method), not routed, or too much for
/// the program behind the server. A status that asks to wait applies to `GET` as well.
pub(crate) fn needs_get(status: StatusCode, asks_to_wait: bool) -> bool {
    let may_be_about_head = matches!(status.as_u16(), 400 | 403 | 404 | 405 | 500 | 501 | 502);
    may_be_about_head && !asks_to_wait || status.is_success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_kind() {
        for (status, asks, kind, is_last) in [
            (401, false, ErrorKind::Denied, true),
            (403, false, ErrorKind::Denied, false),
            (403, true, ErrorKind::Unavailable, false),
            (404, false, ErrorKind::NotFound, false),
            (404, true, ErrorKind::NotFound, false),
            (410, false, ErrorKind::NotFound, false),
            (429, false, ErrorKind::Unavailable, false),
            (503, true, ErrorKind::Unavailable, false),
            (500, false, ErrorKind::Unavailable, false),
            (599, false, ErrorKind::Unavailable, false),
            (400, false, ErrorKind::Protocol, true),
            (418, false, ErrorKind::Protocol, true),
            (204, false, ErrorKind::Protocol, false),
            (300, false, ErrorKind::Protocol, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(meaning(status, asks).0, kind, "{status}");
            assert_eq!(is_final(status), is_last, "{status}");
        }
    }
}
