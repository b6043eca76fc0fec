//! Words the errors of the SDK for operators.

use std::{error, io};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

use crate::{access::Access, phase::Phase, refusal::Refusal};

/// The failure of a request.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server responded without the object.
    Refused(Refusal),
    /// There is no response, or no valid one.
    Failed(Error),
}

impl Failure {
    /// Reads an error of the SDK. The error is not kept: it holds whole responses, and some responses of
    /// S3 repeat parts of the request, including its session token.
    pub(crate) fn of<E>(error: SdkError<E>, deadlines: Deadlines) -> Self
    where
        E: ProvideErrorMetadata + error::Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(error) => {
                Self::Refused(Refusal::read(error.raw(), error.err().meta()))
            }
            SdkError::ResponseError(error) if error.raw().status().as_u16() >= 300 => {
                Self::Refused(Refusal::read(error.raw(), &Default::default()))
            }
            SdkError::ResponseError(_) => Self::Failed(Error::new(
                ErrorKind::Protocol,
                "the response makes no sense; check that the endpoint speaks as s3 does",
            )),
            SdkError::TimeoutError(_) => Self::Failed(Phase::Response.missed(&deadlines)),
            SdkError::DispatchFailure(failure) => {
                // The client itself has a deadline only for connecting; the session has the
                // others.
                Self::Failed(match failure.as_connector_error() {
                    Some(error) if error.is_timeout() => Phase::Connect.missed(&deadlines),
                    Some(error) => broken(error),
                    None => Error::new(ErrorKind::Other, "the request was not sent"),
                })
            }
            error => Self::Failed(Error::new(
                ErrorKind::Configuration,
                format!("there can be no such request: {}", innermost(&error)),
            )),
        }
    }
}

impl Failure {
    /// Returns the error for a request with this access.
    pub(crate) fn into_error(self, access: &Access) -> Error {
        match self {
            Self::Refused(refusal) => refusal.into_error(access),
            Self::Failed(error) => error,
        }
    }
}

/// Returns the error for a connection that broke or was not made.
pub(crate) fn broken(error: &(dyn error::Error + 'static)) -> Error {
    let found = chain(error);
    if let Some(insecure) = found.iter().find_map(|e| e.downcast_ref::<rustls::Error>()) {
        return insecure_connection(insecure);
    }
    let io = found.iter().filter_map(|e| e.downcast_ref::<io::Error>()).next_back();
    if let Some(io) = io {
        return by_kind(io.kind(), &io.to_string());
    }
    match found.iter().find_map(|e| e.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_parse() => {
            Error::new(ErrorKind::Protocol, "what listens there does not speak sound http/1.1")
        }
        Some(error)
            if error.is_incomplete_message() || error.is_closed() || error.is_canceled() =>
        {
            by_kind(io::ErrorKind::UnexpectedEof, "")
        }
        _ => Error::new(ErrorKind::Unreachable, innermost(error)),
    }
}

fn by_kind(kind: io::ErrorKind, text: &str) -> Error {
    let (kind, reason) = match kind {
        io::ErrorKind::ConnectionRefused => (
            ErrorKind::Unreachable,
            "the connection is refused; check the endpoint, and that the server runs".to_owned(),
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
            format!("there is no way to the host ({text}); check the network"),
        ),
        // Errors of the resolver have no kind of their own.
        _ => (
            ErrorKind::Unreachable,
            format!("{text}; check region and endpoint, the network and the machine's dns"),
        ),
    };
    Error::new(kind, reason)
}

fn insecure_connection(error: &rustls::Error) -> Error {
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
            "what listens there does not speak tls; check the port, or whether it is http:",
        ),
        _ => Error::new(ErrorKind::Protocol, format!("no secure connection ({error})")),
    }
}

/// The error and its causes. An `io::Error` hides the error that it wraps from `source`.
fn chain<'a>(error: &'a (dyn error::Error + 'static)) -> Vec<&'a (dyn error::Error + 'static)> {
    let next = |error: &&'a (dyn error::Error + 'static)| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as _),
        None => error.source(),
    };
    std::iter::successors(Some(error), next).collect()
}

pub(crate) fn innermost(error: &(dyn error::Error + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    last.lines().next().unwrap_or_default().to_owned()
}
