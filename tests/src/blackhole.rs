//! An address that neither accepts nor refuses a connection.

use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A listener whose queue is full: the kernel does not answer further connections.
#[derive(Debug)]
pub struct Blackhole {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl Blackhole {
    /// On a free port of this machine.
    pub fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(1).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            queued.push(stream);
            assert!(queued.len() < 100, "the queue does not fill");
        }
        Self { address, _listener: listener, _queued: queued }
    }

    /// The address, at which every connection attempt hangs.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Default for Blackhole {
    fn default() -> Self {
        Self::new()
    }
}
