//! A relay between a fetcher and a server, which can inject every failure of a network.
//!
//! A front relays HTTP/1.1 requests to a real server, and the responses back, until a test makes it
//! spoil them: respond with a status of its own, cut a response off at a given byte, stop in the
//! middle, trickle, announce a wrong length, or close its port. It forwards each request, so a spoilt
//! response is always a real one.
//!
//! It relays only requests without a body: fetchers send no others.

mod fault;
mod message;
mod relay;
mod tls;
mod upstream;

pub use fault::{Fault, Place, Responses};
pub use message::Head;
pub use tls::Identity;
pub use upstream::Upstream;

use socket2::{Domain, Socket, Type};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A relay on a free port of this machine, until it is dropped.
pub struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// A bound socket that never listens: no other process can take the port, and while
    /// the front does not listen, the kernel refuses connections to it.
    _port: Socket,
    door: Mutex<Option<JoinHandle<()>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// When all of its head was there.
    pub at: Instant,
    /// Its method, path and headers.
    pub head: Head,
}

struct Shared {
    upstream: Upstream,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spoiling: Option<(Responses, Fault)>,
    /// The identity to present, where TLS is spoken.
    identity: Option<Identity>,
    spoilt: usize,
    requests: Vec<Request>,
    connections: BTreeMap<usize, TcpStream>,
    closing: bool,
}

impl Front {
    /// Before this server, with nothing spoilt yet.
    pub fn before(upstream: Upstream) -> Self {
        let (port, address) = reserved_port();
        let shared = Arc::new(Shared { upstream, state: Mutex::default() });
        let front = Self { address, shared, _port: port, door: Mutex::default() };
        front.open();
        front
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts this fault into these responses from now on.
    pub fn spoil(&self, responses: Responses, fault: Fault) {
        self.shared.lock().spoiling = Some((responses, fault));
    }

    /// From now on, all goes well.
    pub fn heal(&self) {
        self.shared.lock().spoiling = None;
        self.open();
    }

    /// Speaks TLS from now on, as this server.
    pub fn be(&self, identity: Identity) {
        self.shared.lock().identity = Some(identity);
    }

    /// From now on, connections are refused; those that there were are closed. Until it is
    /// [healed](Self::heal).
    pub fn refuse(&self) {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.shared.lock().closing = true;
        if let Some(door) = door {
            // Wakes the thread that accepts.
            drop(TcpStream::connect(self.address));
            door.join().unwrap();
        }
        for connection in std::mem::take(&mut self.shared.lock().connections).values() {
            drop(connection.shutdown(Shutdown::Both));
        }
    }

    /// The number of connections and responses that were spoilt so far.
    pub fn spoilt(&self) -> usize {
        self.shared.lock().spoilt
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    fn open(&self) {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        if door.is_some() {
            return;
        }
        self.shared.lock().closing = false;
        let listener = listen(self.address);
        let shared = Arc::clone(&self.shared);
        *door = Some(thread::spawn(move || accept(&listener, &shared)));
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.refuse();
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault for a response with a body of this length, if any; it is counted.
    fn fault(&self, length: Option<u64>) -> Option<Fault> {
        let mut state = self.lock();
        let (responses, fault) = state.spoiling.clone()?;
        responses.include(length).then(|| {
            state.spoilt += 1;
            fault
        })
    }

    /// What shall happen to a connection before a word is said.
    fn fault_at_the_door(&self) -> Option<Fault> {
        let mut state = self.lock();
        let (_, fault) = state.spoiling.clone()?;
        fault.is_at_the_door().then(|| {
            state.spoilt += 1;
            fault
        })
    }
}

/// A free port, and the socket that holds it.
fn reserved_port() -> (Socket, SocketAddr) {
    let socket = reusable();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = reusable();
    socket.bind(&address.into()).unwrap();
    socket.listen(64).unwrap();
    socket.into()
}

fn reusable() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    for connection in listener.incoming().flatten() {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut state = shared.lock();
        if state.closing {
            return;
        }
        state.connections.insert(number, connection.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let end = relay::serve(&connection, &shared);
            // First this: a handle that is kept would keep the connection open.
            shared.lock().connections.remove(&number);
            // What goes wrong on a connection is what the test sees at its other end.
            relay::end(&connection, end.ok()).unwrap_or_default();
        });
    }
}
