//! From an address to an open socket.

mod inet;
mod socket_file;
mod unix;

use std::io;
use std::os::fd::OwnedFd;

pub(crate) use socket_file::SocketFile;

use crate::address::{Address, Form};
use crate::error::{Error, ErrorKind, Result};
use crate::inherit::Inherited;

/// As long a queue of connections as the kernel gives: it lowers the number to its own limit
/// (`net.core.somaxconn` on Linux, listen(2)). A queue that is too short loses connections
/// where a handover takes a moment; one that is too long costs nothing while it is empty.
const BACKLOG: i32 = i32::MAX;

/// An open socket, and the file it made, where it made one.
pub(crate) struct Bound {
    pub(crate) fd: OwnedFd,
    pub(crate) file: Option<SocketFile>,
}

pub(crate) fn bind(address: &Address, inherited: &mut Inherited) -> Result<Bound> {
    match &address.form {
        Form::Inet(inet) => inet::bind(address, inet).map(|fd| Bound { fd, file: None }),
        Form::Unix { kind, name } => unix::bind(address, *kind, name),
        Form::Fd(reference) => inherited.adopt(reference).map(|fd| Bound { fd, file: None }),
    }
}

fn failed(address: &Address, hint: Option<String>, source: io::Error) -> Error {
    let kind = match source.raw_os_error() {
        Some(libc::EADDRINUSE) => ErrorKind::AddressInUse,
        _ => ErrorKind::Bind,
    };
    let mut message = format!("cannot listen on {address}");
    if let Some(hint) = hint {
        message.push_str(": ");
        message.push_str(&hint);
    }
    Error::new(kind, message).because(source)
}
