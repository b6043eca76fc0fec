//! One connection that never blocks.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use libc::EINPROGRESS;
use socket2::{Domain, SockRef, Socket, Type};

/// A connection to the server, established or on its way.
#[derive(Debug)]
pub(crate) struct Connection(TcpStream);

impl Connection {
    /// Begins to connect; it has when the descriptor is writable and [`established`] agrees.
    ///
    /// [`established`]: Self::established
    pub(crate) fn begin(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(EINPROGRESS) => Err(error),
            _ => Ok(Self(socket.into())),
        }
    }

    /// Returns the error that connecting ended with, if it did.
    pub(crate) fn established(&self) -> io::Result<()> {
        SockRef::from(&self.0).take_error()?.map_or(Ok(()), Err)
    }

    /// Whether an idle connection can be written to: the server has neither closed it nor sent
    /// anything without a request (as some do before they close).
    pub(crate) fn is_idle(&self) -> bool {
        let nothing_yet = self.0.peek(&mut [0]);
        nothing_yet.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Writes what there is room for; `None` where there is none.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        unless_it_blocks(|| self.0.write(bytes))
    }

    /// Reads what has come; `None` where nothing has, 0 at the end.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> io::Result<Option<usize>> {
        unless_it_blocks(|| self.0.read(room))
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn unless_it_blocks(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
