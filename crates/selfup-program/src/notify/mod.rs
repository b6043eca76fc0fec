//! Speaking to a service manager by the protocol of sd_notify(3): one datagram, a line to a field.

mod descriptor;
mod field;

use std::{
    ffi::OsString,
    io::{self, IoSlice},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram, UnixStream},
        },
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{ControlMessage, sendmsg},
};

pub use descriptor::Descriptor;
pub use field::Field;

use crate::{process::env, sys::system};

/// The socket of a service manager: systemd's, or that of any other that sets `NOTIFY_SOCKET`.
#[derive(Debug)]
pub struct Notify {
    socket: UnixDatagram,
    address: SocketAddr,
    /// The value of `NOTIFY_SOCKET`, for a process that is to report in place of this one.
    pub told: OsString,
    /// The longest time between two reports that the service is alive, if the manager wants them.
    pub watchdog: Option<Duration>,
}

/// Why a message did not get to the manager.
#[derive(Debug)]
pub enum NotSent {
    /// Its queue is full: the socket polls as writable when there is room again.
    Full,
    /// The kernel has no memory for it at the moment.
    Later,
    /// Nothing listens at the address now. A manager may do so later.
    Nobody(io::Error),
    /// This message cannot be sent, now or later.
    Never(io::Error),
}

impl Notify {
    /// Reads the variables of the manager, and removes them: no child is to report for the service.
    ///
    /// # Errors
    ///
    /// The address of the manager cannot be used.
    pub fn take() -> io::Result<Option<Self>> {
        let Some(told) = env::take_notify() else { return Ok(None) };
        let name = told.socket.as_bytes();
        let address = match name.split_first() {
            Some((b'@', name)) => system::abstract_address(name)?,
            Some((b'/', _)) => SocketAddr::from_pathname(&told.socket)?,
            // Such as the vsock of a virtual machine, which is not on this machine.
            _ => {
                let reason = format!("NOTIFY_SOCKET is {:?}, which is no Unix socket", told.socket);
                return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
            }
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect_addr(&address)?;
        Ok(Some(Self { socket, address, watchdog: told.watchdog, told: told.socket }))
    }

    /// Waits until the manager has handled what was sent, at most for `patience`. A manager that does not know
    /// barriers, as systemd before its version 246, closes the descriptor at once.
    ///
    /// # Errors
    ///
    /// There is no descriptor left for a pipe, or why the message did not get to the manager.
    pub fn barrier(&self, patience: Duration) -> Result<(), NotSent> {
        let (ours, theirs) = UnixStream::pair().map_err(NotSent::Never)?;
        self.send(&[Field::Barrier], Some(theirs.as_fd()))?;
        drop(theirs);
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        // Closed, or late: either way the caller goes on.
        let _closed = poll(&mut [PollFd::new(ours.as_fd(), PollFlags::POLLIN)], timeout);
        Ok(())
    }

    /// Sends all fields in one message, with a descriptor if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// Why the message did not get to the manager.
    pub fn send(&self, fields: &[Field], fd: Option<BorrowedFd<'_>>) -> Result<(), NotSent> {
        match self.try_to_send(fields, fd) {
            // The manager may have been started anew, and listen at the same address.
            Err(Errno::ECONNREFUSED | Errno::ENOTCONN | Errno::EPIPE) => {
                self.socket.connect_addr(&self.address).map_err(NotSent::Nobody)?;
                self.try_to_send(fields, fd)
            }
            sent => sent,
        }
        .map_err(NotSent::from)
    }

    /// Sends all fields in one message, and waits for room, at most for `patience`.
    ///
    /// # Errors
    ///
    /// Why the message did not get to the manager in that time.
    pub fn send_within(&self, fields: &[Field], patience: Duration) -> Result<(), NotSent> {
        let begun = Instant::now();
        loop {
            let sent = self.send(fields, None);
            let left = patience.saturating_sub(begun.elapsed());
            match sent {
                Err(NotSent::Full) if !left.is_zero() => self.wait_for_room(left),
                sent => return sent,
            }
        }
    }

    /// Waits until there may be room in the manager's queue.
    pub fn wait_for_room(&self, within: Duration) {
        let timeout = PollTimeout::try_from(within).unwrap_or(PollTimeout::MAX);
        // After an error, EINTR for example, the caller tries again as after room.
        let _ready = poll(&mut [PollFd::new(self.as_fd(), PollFlags::POLLOUT)], timeout);
    }

    fn try_to_send(&self, fields: &[Field], fd: Option<BorrowedFd<'_>>) -> nix::Result<()> {
        let text: String = fields.iter().map(|field| format!("{field}\n")).collect();
        let parts = [IoSlice::new(text.as_bytes())];
        let fd = fd.map(|fd| [fd.as_raw_fd()]);
        let rights = fd.as_ref().map(|fd| ControlMessage::ScmRights(fd));
        let socket = self.socket.as_raw_fd();
        loop {
            match sendmsg::<()>(socket, &parts, rights.as_slice(), system::QUIETLY, None) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

impl AsFd for Notify {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl From<Errno> for NotSent {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::EAGAIN => Self::Full,
            Errno::ENOBUFS | Errno::ENOMEM | Errno::ETOOMANYREFS => Self::Later,
            Errno::ECONNREFUSED | Errno::ENOTCONN | Errno::EPIPE | Errno::ENOENT => {
                Self::Nobody(errno.into())
            }
            _ => Self::Never(errno.into()),
        }
    }
}
