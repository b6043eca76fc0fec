//! Words the errors of the HTTP client for operators.

use std::io;

use rustls::AlertDescription;
use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

use crate::{timeout, url::Url};

/// Turns an error of ureq into one that an operator can use.
///
/// Some errors of ureq hold whole URLs with their secrets, so they are not kept as sources.
pub(crate) struct Failure {
    pub(crate) deadlines: Deadlines,
    /// The URL of the first request, without secrets.
    pub(crate) home: String,
    /// The proxy on the way, without secrets.
    pub(crate) proxy: Option<String>,
}

impl Failure {
    /// Names the server of the request, and the redirect or proxy that led there.
    pub(crate) fn place(&self, url: &Url) -> String {
        let mut shown = url.shown();
        if shown != self.home {
            shown += &format!(" (redirected from {})", self.home);
        }
        if let Some(proxy) = &self.proxy {
            shown += &format!(" (through the proxy {proxy})");
        }
        shown
    }

    /// The error for a failure before the body.
    pub(crate) fn of(&self, error: ureq::Error, url: &Url) -> Error {
        let error = match error {
            ureq::Error::Timeout(timeout) => timeout::missed(&self.deadlines, timeout),
            ureq::Error::Io(error) => unreachable(error),
            ureq::Error::Rustls(error) => insecure(&error).with_source(error),
            ureq::Error::HostNotFound => {
                Error::new(ErrorKind::Unreachable, "the host has no usable address")
            }
            ureq::Error::Tls(reason) => Error::new(ErrorKind::Protocol, format!("tls: {reason}")),
            ureq::Error::ConnectProxyFailed(reason) => no_tunnel(&reason),
            ureq::Error::LargeResponseHeader(..) => {
                Error::new(ErrorKind::Protocol, "the head of the response is too large")
            }
            ureq::Error::Protocol(error) => {
                Error::new(ErrorKind::Protocol, "the server does not speak sound http/1.1")
                    .with_source(error)
            }
            error => Error::new(ErrorKind::Other, error_name(&error)),
        };
        error.at(self.place(url))
    }
}

fn unreachable(error: io::Error) -> Error {
    if let Some(insecure) = error.get_ref().and_then(|e| e.downcast_ref()).map(insecure) {
        return insecure.with_source(error);
    }
    let (kind, reason) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            ErrorKind::Unreachable,
            "the connection is refused; check the port, and that the server runs".to_owned(),
        ),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => (
            ErrorKind::Truncated,
            "the server closed the connection before it had responded".to_owned(),
        ),
        io::ErrorKind::TimedOut => (ErrorKind::TimedOut, "the network timed out".to_owned()),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::NetworkDown => (
            ErrorKind::Unreachable,
            format!("there is no way to the host ({error}); check the network"),
        ),
        // Errors of the resolver have no kind of their own.
        _ => (
            ErrorKind::Unreachable,
            format!("{error}; check the host name, the network and the machine's dns"),
        ),
    };
    Error::new(kind, reason).with_source(error)
}

/// The error for a proxy that refuses to connect, which it reports by a status.
fn no_tunnel(reason: &str) -> Error {
    let status = reason.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3);
    let (kind, hint) = match status {
        Some("407") => (ErrorKind::Denied, "it wants credentials, or others"),
        Some("401" | "403") => (ErrorKind::Denied, "it does not allow this host and port"),
        Some(status) if status.starts_with('5') => {
            (ErrorKind::Unreachable, "it does not reach the host")
        }
        _ => (ErrorKind::Protocol, "that is no response to CONNECT; check that it is a proxy"),
    };
    let status = status.map(|status| format!(" {status}")).unwrap_or_default();
    Error::new(kind, format!("the proxy responds{status}: {hint}"))
}

fn insecure(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_) => Error::new(
            ErrorKind::Untrusted,
            format!(
                "the server's certificate is not accepted ({error}); check its names and dates, \
                 the roots that are trusted, and this machine's clock"
            ),
        ),
        rustls::Error::AlertReceived(alert) if is_about_us(*alert) => Error::new(
            ErrorKind::Denied,
            format!(
                "the server does not accept our client certificate, or wants one ({error}); check \
                 the client_certificate setting"
            ),
        ),
        rustls::Error::InvalidMessage(_) => Error::new(
            ErrorKind::Protocol,
            "what listens there does not speak tls; check the port, or whether it is http:",
        ),
        _ => Error::new(ErrorKind::Protocol, format!("no secure connection ({error})")),
    }
}

/// Whether a server sends this alert to a client whose certificate it does not accept.
const fn is_about_us(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

/// A short name of the error, without the URL that it may hold.
fn error_name(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => {
            "the URL cannot be used".to_owned()
        }
        other => other.to_string(),
    }
}
