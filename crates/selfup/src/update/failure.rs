//! Which kind of error a failed update is.

use std::{error::Error as _, io};

use selfup_install::ErrorKind as Found;

use selfup_master::{Error, ErrorKind, error::fetching};

pub(super) fn could_not_look(error: selfup_fetch::Error) -> Error {
    let transient = error.is_transient();
    Error::new(ErrorKind::Fetch, "could not look for an update")
        .transient(transient)
        .because(error)
        .for_users()
}

/// There is no thread to work on.
pub(super) fn no_thread(error: io::Error) -> Error {
    Error::new(ErrorKind::Fetch, "could not look for an update: no thread can be started")
        .transient(true)
        .because(error)
        .for_users()
}

/// What is published would not be installed.
pub(super) fn would_not_update(error: selfup_install::Error) -> Error {
    of("what is published could not be installed", error)
}

pub(super) fn could_not_update(error: selfup_install::Error) -> Error {
    of("could not update", error)
}

/// What is in the way is told from what came.
fn of(what: &str, error: selfup_install::Error) -> Error {
    let (kind, what) = match error.kind() {
        Found::Source => (ErrorKind::Fetch, "could not fetch the update"),
        Found::Busy => (ErrorKind::Busy, what),
        Found::NoSpace => (ErrorKind::NoSpace, what),
        Found::NotWritable | Found::ReadOnly | Found::Attributes => (ErrorKind::NotPermitted, what),
        Found::NotFound | Found::NotRegular | Found::NoExec | Found::TargetChanged | Found::Io => {
            (ErrorKind::Executable, what)
        }
        _ => (ErrorKind::Refused, what),
    };
    // Bytes that are not those that were promised may be by the next time, and a source knows best
    // what it failed of.
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let transient = match causes.into_iter().find_map(fetching) {
        Some(cause) => cause.is_transient(),
        None => error.is_transient() || error.kind() == Found::DigestMismatch,
    };
    Error::new(kind, what).transient(transient).because(error).for_users()
}
