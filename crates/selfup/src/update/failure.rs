//! The kinds of errors of an update.

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

/// No thread could be started.
pub(super) fn no_thread(error: io::Error) -> Error {
    Error::new(ErrorKind::Fetch, "could not look for an update: no thread can be started")
        .transient(true)
        .because(error)
        .for_users()
}

/// The release would not be installed.
pub(super) fn would_not_update(error: selfup_install::Error) -> Error {
    of("what is published could not be installed", error)
}

pub(super) fn could_not_update(error: selfup_install::Error) -> Error {
    of("could not update", error)
}

/// An error with this text, of a kind that distinguishes what is in the way from what was fetched.
fn of(what: &str, error: selfup_install::Error) -> Error {
    let kind = ErrorKind::from(&error);
    let what = if kind == ErrorKind::Fetch { "could not fetch the update" } else { what };
    // Bytes that do not match their digest may do so the next time, and a source knows best why it failed.
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let transient = match causes.into_iter().find_map(fetching) {
        Some(cause) => cause.is_transient(),
        None => error.is_transient() || error.kind() == Found::DigestMismatch,
    };
    Error::new(kind, what).transient(transient).because(error).for_users()
}
