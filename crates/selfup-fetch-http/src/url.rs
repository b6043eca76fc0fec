//! The absolute URLs that a request may go to.

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{CONTROLS, percent_decode_str, percent_encode};
use selfup_fetch::{Compression, executable_name, redact, signature_name};
use ureq::http::Uri;

use crate::origin::Origin;

/// An absolute `http:` or `https:` URL without credentials or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url(Uri);

impl Url {
    /// Parses a URL, and returns it with its decoded credentials, `user:password`.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<Vec<u8>>), String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("it is no absolute URL; it should begin with https:// or http://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            other => return Err(format!("{other}: is neither https: nor http:")),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(percent_decode_str(credentials).collect()), host),
            None => (None, authority),
        };
        if host.is_empty() || host.starts_with(':') {
            return Err("it names no host".into());
        }
        if !host.is_ascii() {
            return Err("its host is not in ASCII; write it in its xn-- form".into());
        }
        let path = percent_encode(path.as_bytes(), CONTROLS);
        let uri: Uri = format!("{scheme}://{host}{path}")
            .parse()
            .map_err(|error| format!("it is no valid URL ({error})"))?;
        let port = host.strip_prefix(uri.host().unwrap_or_default()).unwrap_or_default();
        match port.strip_prefix(':').map(str::parse::<u16>) {
            None | Some(Ok(1..)) => Ok((Self(uri), credentials)),
            Some(_) => Err(format!("its port {port:?} is none")),
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host as the URL has it: an IPv6 address in its brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Whether two URLs are equal except for the query: a presigned URL is a new one each time.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.origin() == other.origin() && self.0.path() == other.0.path()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::of(&self.0)
    }

    /// The compression of the file, by the name in the path.
    pub(crate) fn compression(&self) -> Compression {
        Compression::of_name(self.0.path())
    }

    /// The decoded name of the file in the path, without the suffix of a compression.
    pub(crate) fn executable_name(&self) -> Option<String> {
        let (_, name) = self.0.path().rsplit_once('/')?;
        let name = percent_decode_str(name).decode_utf8().ok()?;
        (!name.is_empty()).then(|| executable_name(&name).to_owned())
    }

    /// The URL of the signature of this file: the same except for the name of the file.
    pub(crate) fn signature(&self) -> Option<Self> {
        let path = self.0.path();
        if path.ends_with('/') {
            return None;
        }
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = Some(format!("{}{query}", signature_name(path)).parse().ok()?);
        Uri::from_parts(parts).ok().map(Self)
    }

    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }

    /// The URL without its secrets, for messages.
    pub(crate) fn shown(&self) -> String {
        redact(&self.0.to_string())
    }
}

/// The value of an `Authorization` header for basic authentication.
pub(crate) fn basic(credentials: &[u8]) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap().0
    }

    #[test]
    fn addresses_are_read() {
        for (text, read) in [
            ("http://host/app", "http://host/app"),
            ("HTTPS://host", "https://host/"),
            ("http://[::1]:8080/a?b=c#d", "http://[::1]:8080/a?b=c"),
            ("http://host/päth", "http://host/p%C3%A4th"),
            ("http://host?x=/y", "http://host/?x=/y"),
        ] {
            assert_eq!(url(text).0.to_string(), read);
        }
        let (read, credentials) = Url::parse("http://me:p%40ss:w@host/").unwrap();
        assert_eq!(read, url("http://host/"));
        assert_eq!(credentials.unwrap(), b"me:p@ss:w");
        assert_eq!(basic(b"Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn invalid_urls_are_errors() {
        for (text, word) in [
            ("", "absolute"),
            ("host/app", "absolute"),
            ("/srv/app", "absolute"),
            ("ftp://host/app", "ftp:"),
            ("http:///app", "host"),
            ("http://:80/app", "host"),
            ("http://ho st/app", "valid"),
            ("http://höst/app", "xn--"),
            ("http://host/a b", "valid"),
            ("http://host:99999/app", "port"),
            ("http://host:/app", "port"),
            ("http://host:port/app", "port"),
        ] {
            let reason = Url::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text:?}: {reason}");
        }
    }

    #[test]
    fn a_compression_is_in_the_name_of_the_file() {
        for (text, compression) in [
            ("http://h/app.gz", Compression::Gzip),
            ("http://h/app.GZ?x", Compression::Gzip),
            ("http://h/app.zst?x=.gz", Compression::Zstd),
            ("http://h/app.xz", Compression::Xz),
            ("http://h/app?x=.gz", Compression::None),
            ("http://h/gz", Compression::None),
            ("http://h.gz", Compression::None),
            ("http://h/app.gz/", Compression::None),
        ] {
            assert_eq!(url(text).compression(), compression, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(https?://)?\\PC*") {
            if let Ok((url, _)) = Url::parse(&text) {
                drop((url.compression(), url.executable_name(), url.signature(), url.port()));
            }
        }
    }
}
