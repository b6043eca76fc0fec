//! The meaning of the error codes of S3, with advice for operators.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::{config::http::HttpResponse, error::ErrorMetadata};
use selfup_fetch::{Error, ErrorKind};

use crate::access::Access;

/// The response of a server that refused a request.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The error code of S3, which responses to `HEAD` do not have.
    pub(crate) code: Option<String>,
    message: Option<String>,
    /// The region of the bucket, if the server reports it.
    region: Option<String>,
    /// The time of the server.
    date: Option<SystemTime>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn read(response: &HttpResponse, meta: &ErrorMetadata) -> Self {
        let header = |name: &str| response.headers().get(name);
        let body = response.body().bytes().and_then(|body| std::str::from_utf8(body).ok());
        let element = |name| element(body.unwrap_or_default(), name);
        let date = header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        let region = header("x-amz-bucket-region").or_else(|| element("Region"));
        Self {
            status: response.status().as_u16(),
            code: meta.code().map(str::to_owned),
            message: meta.message().map(in_one_line),
            region: region.filter(|region| is_region(region)).map(str::to_owned),
            date,
            retry_after: header("retry-after").and_then(|value| retry_after(value, date)),
        }
    }

    /// Whether only the response to a `GET` has the reason.
    pub(crate) fn is_mute(&self) -> bool {
        self.message.is_none()
            && self.retry_after.is_none()
            && matches!(self.status, 301 | 307 | 400 | 403 | 404)
    }

    /// Whether these credentials are refused, but fresh ones may be accepted.
    pub(crate) fn wants_other_credentials(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some(
                "ExpiredToken"
                    | "InvalidToken"
                    | "TokenRefreshRequired"
                    | "InvalidAccessKeyId"
                    | "NotSignedUp"
                    | "SignatureDoesNotMatch"
            )
        )
    }

    /// Whether there is no such object in the bucket.
    pub(crate) fn is_absence(&self) -> bool {
        let is_key = self.code.as_deref().is_none_or(|code| code != "NoSuchBucket");
        matches!(self.status, 404 | 410) && is_key
    }

    /// Whether the refusal concerns only the naming of the version.
    pub(crate) fn is_denied(&self) -> bool {
        self.status == 403 && self.code.as_deref().is_none_or(|code| code == "AccessDenied")
    }

    /// Returns the error for a request with this access.
    pub(crate) fn into_error(self, access: &Access) -> Error {
        let error = self.meaning(access);
        match self.retry_after {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        }
    }

    fn meaning(&self, access: &Access) -> Error {
        let error = |kind, what: &str| Error::new(kind, format!("{}: {what}", self.shown()));
        match self.code.as_deref().unwrap_or_default() {
            "NoSuchBucket" => error(
                ErrorKind::NotFound,
                "there is no such bucket; check its name and the endpoint",
            )
            .permanent(),
            "InvalidBucketName" => {
                error(ErrorKind::Configuration, "no bucket can have that name; check it")
            }
            "NoSuchVersion" | "PreconditionFailed" | "InvalidRange" => error(
                ErrorKind::Changed,
                "the object was replaced or removed while it was fetched; the next poll sees what \
                 is there now",
            ),
            "InvalidAccessKeyId" | "NotSignedUp" => error(
                ErrorKind::Denied,
                "the access key id is not known there; check the credentials, and that they are \
                 this endpoint's",
            ),
            "SignatureDoesNotMatch" => error(
                ErrorKind::Denied,
                "the secret access key does not belong to the access key id; check the credentials",
            ),
            "ExpiredToken" | "TokenRefreshRequired" => error(
                ErrorKind::Denied,
                "the credentials have expired; give fresh ones, or use a role, which renews them",
            ),
            "InvalidToken" => error(
                ErrorKind::Denied,
                "the session token does not belong to the access key; check the credentials",
            ),
            "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => {
                Error::new(ErrorKind::Denied, self.skew())
            }
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "TemporaryRedirect"
            | "Redirect"
            | "IllegalLocationConstraintException" => self.elsewhere(),
            "InvalidObjectState" => error(
                ErrorKind::Denied,
                "the object is archived; restore it, or publish it in another storage class",
            ),
            "SlowDown"
            | "ServiceUnavailable"
            | "Busy"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "RequestTimeout" => {
                error(ErrorKind::Unavailable, "it asks to be left alone for a while")
            }
            _ if self.region.is_some() && matches!(self.status, 301 | 307 | 400) => {
                self.elsewhere()
            }
            code => self.by_status(code, access),
        }
    }

    fn by_status(&self, code: &str, access: &Access) -> Error {
        let what = |hint: String| match &self.message {
            Some(message) => format!("{} ({message}): {hint}", self.shown()),
            None => format!("{}: {hint}", self.shown()),
        };
        match self.status {
            404 | 410 => Error::new(
                ErrorKind::NotFound,
                what("nothing is published under that key (yet); check the key".to_owned()),
            ),
            403 | 429 | 503 if self.retry_after.is_some() => {
                Error::new(ErrorKind::Unavailable, what("it asks to be left alone".to_owned()))
            }
            401 | 403 if code.starts_with("KMS.") => Error::new(
                ErrorKind::Denied,
                what(
                    "the credentials need kms:Decrypt for the key it is encrypted with".to_owned(),
                ),
            ),
            401 | 403 => Error::new(ErrorKind::Denied, what(denied(access))),
            412 | 416 => Error::new(
                ErrorKind::Changed,
                what("the object was replaced while it was fetched".to_owned()),
            ),
            408 | 425 | 429 => {
                Error::new(ErrorKind::Unavailable, what("it asks to be left alone".to_owned()))
            }
            500.. => {
                Error::new(ErrorKind::Unavailable, what("the server is in trouble".to_owned()))
            }
            301 | 307 => self.elsewhere(),
            _ => Error::new(
                ErrorKind::Protocol,
                what(
                    "the server does not take the request; check that it speaks as s3 does"
                        .to_owned(),
                ),
            )
            .permanent(),
        }
    }

    /// The error for a bucket in another region than the requested one.
    fn elsewhere(&self) -> Error {
        let remedy = match &self.region {
            Some(region) => format!("the bucket is in {region}; set region(\"{region}\")"),
            None => "the bucket is in another region, or at another endpoint; set region() or \
                     endpoint()"
                .to_owned(),
        };
        Error::new(ErrorKind::Configuration, format!("{}: {remedy}", self.shown()))
    }

    /// The times of both clocks, because either may be wrong.
    fn skew(&self) -> String {
        let ours = httpdate::fmt_http_date(SystemTime::now());
        let theirs = self.date.map_or_else(|| "another time".to_owned(), httpdate::fmt_http_date);
        format!(
            "{}: the clocks are too far apart: this machine's says {ours}, the server's {theirs}; \
             set this machine's clock (ntp)",
            self.shown()
        )
    }

    /// The status, with the error code of S3 if there is one.
    fn shown(&self) -> String {
        match &self.code {
            Some(code) => format!("the server responds with {} {code}", self.status),
            None => format!("the server responds with {}", self.status),
        }
    }
}

fn denied(access: &Access) -> String {
    const OR_MISSING: &str = "or there is no such key, which s3 tells only those who may list the \
                              bucket (s3:ListBucket)";
    match access {
        Access::Anonymous => format!(
            "the bucket does not give that key to everybody, so credentials are needed; {OR_MISSING}"
        ),
        _ => format!("the credentials need s3:GetObject for that key; {OR_MISSING}"),
    }
}

/// The delay in `Retry-After`: seconds, or a date by the server's own clock.
fn retry_after(value: &str, date: Option<SystemTime>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(date.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}

/// The text of the first element of that name that has no element inside it.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text)
}

/// Whether a text looks like a region: the message shows it, and operators copy it.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The message of the server, cut to one line.
fn in_one_line(message: &str) -> String {
    const MOST: usize = 200;
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::primitives::SdkBody;

    #[test]
    fn messages_of_a_server_are_escaped() {
        for status in [400, 403, 404, 500] {
            let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
            let meta = ErrorMetadata::builder()
                .code("Odd\u{1b}[2J")
                .message("all\u{1b}[1;1H is well\nno \u{202e}really")
                .build();
            let error = Refusal::read(&response, &meta).into_error(&Access::Anonymous);
            let shown = error.at("s3://releases/\u{1b}app\n").to_string();
            assert!(shown.contains("Odd\\u{1b}[2J") && shown.contains("/\\u{1b}app\\n"), "{shown}");
            assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
        }
    }
}
