//! The descriptors of this process that its successor gets.

use std::{
    collections::BTreeMap,
    os::fd::{AsFd, OwnedFd},
};

use selfup_fds::{Address, FdSet, Inherited};

use crate::error::{Error, ErrorKind, Result};

/// What was inherited and not taken yet, and what is passed on.
#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    inherited: Inherited,
    sockets: FdSet,
    others: BTreeMap<String, OwnedFd>,
}

impl Descriptors {
    pub(crate) fn new(inherited: Inherited) -> Self {
        Self { inherited, ..Self::default() }
    }

    /// Takes over the socket of this name, or binds a new one. A copy of it is the program's.
    pub(crate) fn bind(&mut self, name: &str, address: &str) -> Result<OwnedFd> {
        self.bind_or_take_over(name, address).map_err(|error| {
            let what = format!("could not listen on {address} ({name:?})");
            Error::new(ErrorKind::Socket, what).because(error)
        })?;
        let socket = self.sockets.fd(name).map(|fd| fd.try_clone_to_owned());
        match socket {
            Some(Ok(socket)) => Ok(socket),
            Some(Err(error)) => {
                let what = format!("could not copy the socket {name:?} for the program");
                Err(Error::new(ErrorKind::Socket, what).because(error))
            }
            None => Err(Error::new(ErrorKind::Socket, format!("could not find {name:?} again"))),
        }
    }

    fn bind_or_take_over(&mut self, name: &str, address: &str) -> selfup_fds::Result<()> {
        let address: Address = address.parse()?;
        if !self.sockets.reclaim(name, &address, &mut self.inherited, name)? {
            self.sockets.bind(name, &address, &mut self.inherited)?;
        }
        Ok(())
    }

    /// Takes out what the predecessor has passed on under this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<OwnedFd> {
        self.inherited.take_fd(name).ok()
    }

    /// Passes a descriptor on, in place of an earlier one of that name.
    pub(crate) fn pass_on(&mut self, name: &str, fd: OwnedFd) -> Result<()> {
        let is_free = self.sockets.fd(name).is_none();
        let named = is_free.then(|| FdSet::new().insert(name, fd.try_clone().ok()?).ok()).flatten();
        if named.is_none() {
            let what = format!(
                "could not pass on {name:?}: it is the name of a socket, or no name, or no \
                 descriptor is left"
            );
            return Err(Error::new(ErrorKind::Socket, what));
        }
        self.others.insert(name.to_owned(), fd);
        Ok(())
    }

    /// Does not pass it on any more.
    pub(crate) fn withdraw(&mut self, name: &str) -> Option<OwnedFd> {
        self.others.remove(name)
    }

    /// Closes what the predecessor has passed on and the program has not taken.
    pub(crate) fn close_untaken(&mut self) {
        self.inherited = Inherited::none();
    }

    /// Closes everything, since nothing of this process accepts any more.
    pub(crate) fn close(&mut self) {
        *self = Self::default();
    }

    /// Copies of everything, for the next process. A Unix socket whose file was removed is bound anew.
    pub(crate) fn copies(&mut self) -> Result<FdSet> {
        for (name, bound) in self.sockets.rebind_missing() {
            bound.map_err(|error| {
                let what = format!("could not bind {name:?} again, whose file was removed");
                Error::new(ErrorKind::Socket, what).because(error)
            })?;
        }
        let others = self.others.iter().map(|(name, fd)| (name.as_str(), fd.as_fd()));
        let mut copies = FdSet::new();
        for (name, fd) in self.sockets.iter().chain(others) {
            let what = || format!("could not copy {name:?} for the successor");
            let copy = fd.try_clone_to_owned();
            let copy =
                copy.map_err(|error| Error::new(ErrorKind::Socket, what()).because(error))?;
            let inserted = copies.insert(name, copy);
            inserted.map_err(|error| Error::new(ErrorKind::Socket, what()).because(error))?;
        }
        Ok(copies)
    }
}
