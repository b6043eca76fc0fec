//! Adopts fds that this process was started with.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use super::Inherited;
use crate::address::FdRef;
use crate::error::{Error, ErrorKind, Result};
use crate::offer::{FIRST, LISTEN_FDS, Offer};
use crate::sys::number::{self, State};

/// Adopts every fd of an offer, or none.
pub(super) fn all(offer: &Offer) -> Result<Inherited> {
    for number in offer.numbers() {
        let why = match number::state(number) {
            State::Inheritable => continue,
            State::Closed => "is not open",
            State::CloseOnExec => "was opened by this process itself",
        };
        let count = offer.len();
        let message = format!(
            "could not take over inherited fds: {LISTEN_FDS}={count}, but fd {number} {why}"
        );
        return Err(Error::new(ErrorKind::InvalidVariable, message));
    }
    let fds = offer.numbers().map(own).collect::<Result<Vec<_>>>()?;
    Ok(Inherited::holding(offer.names().map(str::to_owned).zip(fds)))
}

impl Inherited {
    /// Takes the fd of an `fd://` address: one of the set or, by its number, one that this process was started
    /// with although no variable names it, as by a shell's `3<…`.
    pub(crate) fn adopt(&mut self, reference: &FdRef) -> Result<OwnedFd> {
        let number = match reference {
            FdRef::Name(name) => return self.take_fd(name.as_str()),
            FdRef::Number(number) => *number,
        };
        let index = self.iter().find(|(_, _, fd)| fd.as_raw_fd() == number).map(|(at, ..)| at);
        if let Some(index) = index {
            return self.take_fd(index);
        }
        let refused = |why: &str| {
            let message = format!("could not take the inherited fd number {number}: {why}");
            Err(Error::new(ErrorKind::NotInherited, message))
        };
        if number < FIRST {
            return refused("0, 1 and 2 are the standard streams");
        }
        match number::state(number) {
            State::Inheritable => own(number),
            State::Closed => refused("it is not open"),
            State::CloseOnExec => refused("it has been taken, or was opened by this process"),
        }
    }
}

fn own(number: RawFd) -> Result<OwnedFd> {
    number::own(number).map_err(|error| {
        let message = format!("could not make the inherited fd number {number} close-on-exec");
        Error::new(ErrorKind::Descriptor, message).because(error)
    })
}
