//! Speaking to a service manager by the protocol of sd_notify(3): one datagram, a line to a field.

mod field;

use std::{
    io::{self, IoSlice},
    os::{
        fd::{AsRawFd, BorrowedFd},
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

pub(crate) use field::Field;

use crate::env;

/// A service manager that asked to be told: systemd, or whoever sets `NOTIFY_SOCKET`.
#[derive(Debug)]
pub(crate) struct Notify {
    socket: UnixDatagram,
    /// How often it wants to be told that we are alive, at the least.
    pub(crate) watchdog: Option<Duration>,
}

/// A manager that does not read is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(1);

impl Notify {
    /// Takes over what the environment says, and removes it: no child is to speak for the service.
    pub(crate) fn take() -> io::Result<Option<Self>> {
        let Some(told) = env::take_notify() else { return Ok(None) };
        let name = told.socket.as_bytes();
        let address = match name.split_first() {
            Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
            Some((b'/', _)) => SocketAddr::from_pathname(&told.socket)?,
            // Such as a virtual machine's vsock: nobody on this machine.
            _ => {
                let reason = format!("NOTIFY_SOCKET is {:?}, which is no Unix socket", told.socket);
                return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
            }
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Some(Self { socket, watchdog: told.watchdog }))
    }

    /// Tells all fields at once.
    pub(crate) fn send(&self, fields: &[Field]) -> io::Result<()> {
        self.send_message(fields, &[])
    }

    /// Tells the fields, with a descriptor that goes with them.
    pub(crate) fn send_with(&self, fields: &[Field], fd: BorrowedFd<'_>) -> io::Result<()> {
        self.send_message(fields, &[ControlMessage::ScmRights(&[fd.as_raw_fd()])])
    }

    fn send_message(&self, fields: &[Field], more: &[ControlMessage<'_>]) -> io::Result<()> {
        let text: String = fields.iter().map(|field| format!("{field}\n")).collect();
        let parts = [IoSlice::new(text.as_bytes())];
        let socket = self.socket.as_raw_fd();
        sendmsg::<()>(socket, &parts, more, MsgFlags::MSG_NOSIGNAL, None)?;
        Ok(())
    }
}
