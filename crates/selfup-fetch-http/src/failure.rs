use std::io;

use crate::{deadlines::Deadlines, url::Url};
use selfup_fetch::{Error, ErrorKind};

/// Turns what ureq says into what an operator can use.
///
/// ureq's own errors hold whole addresses in places, secrets included; those are not kept as
/// sources.
pub(crate) struct Failure {
    pub(crate) deadlines: Deadlines,
    /// The address that was asked first, as it may be shown.
    pub(crate) home: String,
}

impl Failure {
    /// Names whom we were asking, and how we came there.
    pub(crate) fn place(&self, url: &Url) -> String {
        let shown = url.shown();
        if shown == self.home { shown } else { format!("{shown} (redirected from {})", self.home) }
    }

    /// A failure before the body.
    pub(crate) fn of(&self, error: ureq::Error, url: &Url) -> Error {
        let error = match error {
            ureq::Error::Timeout(timeout) => self.deadlines.missed(timeout),
            ureq::Error::Io(error) => unreachable(error),
            ureq::Error::Rustls(error) => insecure(&error).with_source(error),
            ureq::Error::HostNotFound => {
                Error::new(ErrorKind::Unreachable, "the host has no usable address")
            }
            ureq::Error::Tls(reason) => Error::new(ErrorKind::Protocol, format!("tls: {reason}")),
            ureq::Error::ConnectProxyFailed(_) => Error::new(
                ErrorKind::Unreachable,
                "the proxy of the environment lets nothing through; check HTTPS_PROXY and the like",
            ),
            ureq::Error::InvalidProxyUrl => Error::new(
                ErrorKind::Configuration,
                "the proxy of the environment has no valid address; check HTTPS_PROXY and the like",
            ),
            ureq::Error::LargeResponseHeader(..) => {
                Error::new(ErrorKind::Protocol, "the head of the answer is too large")
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
            "the server closed the connection before it had answered".to_owned(),
        ),
        io::ErrorKind::TimedOut => (ErrorKind::TimedOut, "the network timed out".to_owned()),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::NetworkDown => (
            ErrorKind::Unreachable,
            format!("there is no way to the host ({error}); check the network"),
        ),
        // The resolver's errors have no kind of their own.
        _ => (
            ErrorKind::Unreachable,
            format!("{error}; check the host name, the network and the machine's dns"),
        ),
    };
    Error::new(kind, reason).with_source(error)
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
        rustls::Error::InvalidMessage(_) => Error::new(
            ErrorKind::Protocol,
            "what answers there does not speak tls; check the port, or whether it is http:",
        ),
        _ => Error::new(ErrorKind::Protocol, format!("no secure connection ({error})")),
    }
}

/// A name without the address that the error may hold.
fn error_name(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => {
            "the address cannot be used".to_owned()
        }
        other => other.to_string(),
    }
}
