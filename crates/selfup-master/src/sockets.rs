//! Binds the sockets of the configuration, or takes over those that are bound already.

use std::io;

use selfup_fds::{Address, FdSet, Inherited};
use selfup_program::{Listen, process::open_files};

use super::manager;
use crate::error::{Error, ErrorKind};

/// The inherited sockets that the configuration does not ask for. They are closed.
#[derive(Debug, Default)]
pub(super) struct Unused {
    /// Earlier sockets of ours, by their names in the service manager's store.
    pub(super) stored: Vec<String>,
    /// Sockets of others, such as those of a socket unit.
    pub(super) others: Vec<String>,
}

/// Binds every socket that can be bound, or takes over the inherited one. The error is the first failure.
pub(super) fn open(fds: &mut FdSet, listen: &[Listen]) -> Result<Unused, Error> {
    let mut inherited = Inherited::from_env().map_err(|error| {
        Error::new(ErrorKind::Address, "could not take over inherited sockets").because(error)
    })?;
    let mut failures = Vec::new();
    let mut parsed = Vec::new();
    for Listen { name, address } in listen {
        match address.parse::<Address>() {
            Ok(address) => parsed.push((name, address)),
            Err(error) => failures.push((name, error)),
        }
    }
    for (name, address) in &parsed {
        let address = address.beside(parsed.iter().map(|(_, other)| other));
        let opened = open_one(fds, name, &address, &mut inherited);
        failures.extend(opened.err().map(|error| (*name, error)));
    }
    let more = match failures.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match failures.into_iter().next() {
        None => Ok(unused(&inherited)),
        Some((name, error)) => {
            // The error names the address.
            let mut what = format!("could not open the socket {name:?}{more}");
            if is_out_of_descriptors(&error) {
                what = format!("{what}: {}", open_files::advice(listen.len()));
            }
            Err(Error::new(ErrorKind::Address, what).because(error))
        }
    }
}

fn open_one(
    fds: &mut FdSet,
    name: &str,
    address: &Address,
    inherited: &mut Inherited,
) -> Result<(), selfup_fds::Error> {
    if fds.reclaim(name, address, inherited, &manager::stored_name(name))? {
        return Ok(());
    }
    fds.bind(name, address, inherited)
}

fn is_out_of_descriptors(error: &selfup_fds::Error) -> bool {
    let cause =
        std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.raw_os_error() == Some(libc::EMFILE))
}

fn unused(inherited: &Inherited) -> Unused {
    let names = inherited.names().map(str::to_owned);
    let (stored, others) = names.partition(|name| manager::is_stored(name));
    Unused { stored, others }
}
