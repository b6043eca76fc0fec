//! Words the errors of the client for operators.

use std::{error::Error as StdError, io};

use selfup_fetch::{Error, ErrorKind, parts::Deadlines};

use crate::connect::{NoConnection, NoProxy};

/// Returns the error for a request without a response.
pub(crate) fn before_response(error: octocrab::Error, deadlines: &Deadlines) -> Error {
    if causes(&error).any(|cause| cause.is::<NoConnection>()) {
        return deadlines.no_connection("the machine's dns and network, and firewalls on the way");
    }
    if let Some(refused) = causes(&error).find_map(|cause| cause.downcast_ref::<NoProxy>()) {
        let why = innermost(refused);
        let reason = format!("{refused} ({why}); check proxy() or the variable HTTPS_PROXY");
        return Error::new(ErrorKind::Unreachable, reason);
    }
    if let Some(error) = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return insecure(error).with_source(error.clone());
    }
    let reason = match io_kind(&error) {
        Some(io::ErrorKind::ConnectionRefused) => {
            "the connection is refused; check the base url, and that the server runs".to_owned()
        }
        Some(
            kind @ (io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::NetworkDown),
        ) => format!("there is no way to the host ({kind}); check the network"),
        Some(io::ErrorKind::TimedOut) => {
            return Error::new(ErrorKind::TimedOut, "the network timed out");
        }
        _ if is_cut(&error) => {
            return Error::new(
                ErrorKind::Truncated,
                "the server closed the connection before it had responded",
            );
        }
        _ if causes(&error).any(is_unsound) => {
            return Error::new(ErrorKind::Protocol, "the server does not speak sound http/1.1");
        }
        // Errors of the resolver have no kind of their own.
        _ => {
            let what = innermost(&error);
            format!("{what}; check the host name, the network and the machine's dns")
        }
    };
    Error::new(ErrorKind::Unreachable, reason).with_source(error)
}

/// Whether the server, or a machine on the way, ended the connection too early.
pub(crate) fn is_cut(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
    }) || matches!(
        io_kind(error),
        Some(
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
        )
    )
}

/// Whether the response is not HTTP.
pub(crate) fn is_unsound(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
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
            "what listens there does not speak tls; check the base url's port",
        ),
        _ => Error::new(ErrorKind::Protocol, format!("no secure connection ({error})")),
    }
}

fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .filter(|kind| *kind != io::ErrorKind::Other)
        .last()
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// The error and its causes. For an `io::Error`, that is the error that it wraps, which its `source`
/// skips.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    })
}
