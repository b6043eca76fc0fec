//! Binds an address, or adopts a socket that is bound to it.

mod inet;
mod same_address;
mod socket_file;
mod unix;

use std::io;
use std::os::fd::OwnedFd;

pub(crate) use socket_file::SocketFile;

use crate::address::{Address, Form};
use crate::error::{Error, ErrorKind, Result};
use crate::inherit::Inherited;
use crate::unix_name::UnixName;

/// The longest queue of connections that the kernel allows: it lowers the number to its own limit
/// (`net.core.somaxconn` on Linux, listen(2)). A queue that is too short loses connections while a handover takes a
/// moment; one that is too long costs nothing while it is empty.
const BACKLOG: i32 = i32::MAX;

/// An open socket, and where it comes from.
pub(crate) struct Bound {
    pub(crate) fd: OwnedFd,
    pub(crate) owner: Owner,
}

/// The origin of a socket.
#[derive(Clone)]
pub(crate) enum Owner {
    /// This program has bound it, and created this file, if it is a Unix socket with one.
    Us { file: Option<SocketFile> },
    /// It was passed to this process.
    Others,
}

pub(crate) fn bind(address: &Address, inherited: &mut Inherited) -> Result<Bound> {
    if let Some(fd) = at_the_same_address(address, inherited)? {
        return Ok(Bound { fd, owner: Owner::Others });
    }
    match &address.form {
        Form::Inet(inet) => {
            inet::bind(address, inet).map(|fd| Bound { fd, owner: Owner::Us { file: None } })
        }
        Form::Unix { kind, name, mode } => unix::bind(address, *kind, name, *mode),
        Form::Fd(reference) => {
            inherited.adopt(reference).map(|fd| Bound { fd, owner: Owner::Others })
        }
    }
}

/// Takes back a socket that an earlier process of this program has bound, if it still matches the address.
pub(crate) fn reclaim(
    address: &Address,
    inherited: &mut Inherited,
    kept_as: &str,
) -> Result<Option<Bound>> {
    if !inherited.fd(kept_as).is_some_and(|fd| same_address::is_at(address, fd)) {
        return Ok(None);
    }
    let fd = inherited.take_fd(kept_as)?;
    let file = match &address.form {
        Form::Unix { name: UnixName::Path(path), .. } => {
            SocketFile::at(path).map_err(|error| failed(address, None, error))?
        }
        _ => None,
    };
    Ok(Some(Bound { fd, owner: Owner::Us { file } }))
}

fn at_the_same_address(address: &Address, inherited: &mut Inherited) -> Result<Option<OwnedFd>> {
    if same_address::asks_for_any_port(address) {
        return Ok(None);
    }
    let found = inherited.iter().find(|(_, _, fd)| same_address::is_at(address, *fd));
    match found.map(|(position, ..)| position) {
        Some(position) => inherited.take_fd(position).map(Some),
        None => Ok(None),
    }
}

fn failed(address: &Address, hint: Option<String>, source: io::Error) -> Error {
    let kind = match source.raw_os_error() {
        Some(libc::EADDRINUSE) => ErrorKind::AddressInUse,
        _ => ErrorKind::Bind,
    };
    let mut message = format!("could not listen on {address}");
    if let Some(hint) = hint {
        message.push_str(": ");
        message.push_str(&hint);
    }
    Error::new(kind, message).because(source)
}
