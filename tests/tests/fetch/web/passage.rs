use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A way to a socket in the file system from a port, whatever is spoken there, that may break.
pub(crate) struct Passage {
    address: SocketAddr,
    shared: Arc<Shared>,
    door: Option<JoinHandle<()>>,
}

struct Shared {
    to: PathBuf,
    /// The numbers of bytes of responses after which the next connections break, the last one first.
    breaks: Mutex<Vec<u64>>,
    closing: AtomicBool,
}

impl Passage {
    pub(crate) fn to(path: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared { to: path, breaks: Mutex::default(), closing: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let at_the_door = Arc::clone(&shared);
        let door = thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if at_the_door.closing.load(Ordering::Relaxed) {
                    break;
                }
                let limit = at_the_door.breaks.lock().unwrap().pop().unwrap_or(u64::MAX);
                // If the server cannot be reached, the client's connection closes.
                if let Ok(server) = UnixStream::connect(&at_the_door.to) {
                    thread::spawn(move || carry(client, server, limit));
                }
            }
        });
        Self { address, shared, door: Some(door) }
    }

    /// Breaks the next connections, one after the other, after so many bytes of responses.
    pub(crate) fn break_after(&self, bytes: &[u64]) {
        *self.shared.breaks.lock().unwrap() = bytes.iter().rev().copied().collect();
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same address by the name that the certificates have.
    pub(crate) fn secure_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port())
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(door) = self.door.take() {
            drop(door.join());
        }
    }
}

/// Carries bytes until either side ends, or the passage breaks.
fn carry(client: TcpStream, server: UnixStream, limit: u64) {
    let (asking, asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let requests = thread::spawn(move || {
        drop(pour(asking, &asked, u64::MAX));
        drop(asked.shutdown(Shutdown::Write));
    });
    drop(pour(server.try_clone().unwrap(), &client, limit));
    drop((client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
    drop(requests.join());
}

fn pour(from: impl Read, mut to: impl Write, limit: u64) -> io::Result<u64> {
    io::copy(&mut from.take(limit), &mut to)
}
