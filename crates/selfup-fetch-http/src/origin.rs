//! Scheme, host and port: they decide which servers get credentials.

use ureq::http::Uri;

/// Scheme, host and port: credentials are meant for one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(uri: &Uri) -> Self {
        let https = uri.scheme_str() == Some("https");
        Self {
            https,
            host: uri.host().unwrap_or_default().to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_scheme_host_and_port() {
        let origin = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(origin("http://Host/a"), origin("http://host:80/b?c"));
        assert_eq!(origin("https://host/"), origin("https://host:443/"));
        for other in ["https://host/", "http://host:81/", "http://host.x/", "http://host:443/"] {
            assert_ne!(origin("http://host/"), origin(other));
        }
    }
}
