//! A web server that publishes the files of a test, with faults on request.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A server on a free port of this machine, until it is dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    accepting: Option<JoinHandle<()>>,
}

/// What is at a path.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "for the tests here alone")]
pub enum Offer {
    /// The whole file, with an `ETag` that is another one for each offer.
    Whole(Vec<u8>),
    /// A status, and a line of text.
    Status(u16),
    /// The whole file is announced, half of it is sent, and then the connection is closed.
    Cut(Vec<u8>),
    /// The whole file is announced, half of it is sent, and then nothing more.
    Stalled(Vec<u8>),
    /// The whole file, in which one bit is another the first time that it is sent.
    Spoiled(Vec<u8>),
    /// Half of the file, as if that were all.
    Half(Vec<u8>),
    /// A file without validators.
    Plain(Vec<u8>),
}

impl Offer {
    /// What is offered the next time: the correct file, with the same tag.
    fn mend(&mut self) {
        if let Self::Spoiled(bytes) = self {
            *self = Self::Whole(std::mem::take(bytes));
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    offers: BTreeMap<String, (u32, Offer)>,
    requests: Vec<String>,
    connections: Vec<TcpStream>,
    closing: bool,
}

impl Origin {
    /// With nothing on offer.
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts a server at the address of another one that is gone.
    pub fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Mutex<Shared>>::default();
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Offers this at the path from now on.
    pub fn offer(&self, path: &str, offer: Offer) {
        // Of all servers here, since one may come in another's place.
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        lock(&self.shared).offers.insert(path.to_owned(), (number, offer));
    }

    /// All requests so far, as `METHOD path`.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared).requests.clone()
    }

    /// How many requests there were with this method.
    pub fn count(&self, method: &str) -> usize {
        lock(&self.shared).requests.iter().filter(|request| request.starts_with(method)).count()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        lock(&self.shared).closing = true;
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        drop(self.accepting.take().map(JoinHandle::join));
        for connection in lock(&self.shared).connections.drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Mutex<Shared>>) {
    for connection in listener.incoming().flatten() {
        let mut state = lock(shared);
        if state.closing {
            return;
        }
        state.connections.push(connection.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        thread::spawn(move || serve(&connection, &shared));
    }
}

/// Answers one request after the other until the client closes the connection.
fn serve(connection: &TcpStream, shared: &Mutex<Shared>) {
    let mut lines = BufReader::new(connection).lines();
    while let Some(Ok(request)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let mut state = lock(shared);
        state.requests.push(format!("{method} {path}"));
        let found = state.offers.get(path).cloned();
        if let (Some((_, offer @ Offer::Spoiled(_))), "GET") = (state.offers.get_mut(path), method)
        {
            offer.mend();
        }
        drop(state);
        let (number, offer) = found.unwrap_or((0, Offer::Status(404)));
        let response = Response::from(offer);
        // A client that has gone needs no response.
        let sent = response.send(connection, method == "HEAD", number);
        match response.then {
            _ if !sent => break,
            Then::Hang if method != "HEAD" => wait_for_the_client_to_go(connection),
            Then::Close if method != "HEAD" => break,
            _ => {}
        }
    }
    drop(connection.shutdown(Shutdown::Both));
}

struct Response {
    status: u16,
    tagged: bool,
    announced: usize,
    body: Vec<u8>,
    then: Then,
}

/// What happens to the connection after the response.
#[derive(Clone, Copy)]
enum Then {
    Stay,
    Close,
    Hang,
}

impl From<Offer> for Response {
    fn from(offer: Offer) -> Self {
        let file = |bytes: Vec<u8>, then| {
            let announced = bytes.len();
            Self { status: 200, tagged: true, announced, body: bytes, then }
        };
        let half = |mut response: Self| {
            response.body.truncate(response.announced / 2);
            response
        };
        match offer {
            Offer::Whole(bytes) => file(bytes, Then::Stay),
            Offer::Plain(bytes) => Self { tagged: false, ..file(bytes, Then::Stay) },
            Offer::Spoiled(mut bytes) => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                file(bytes, Then::Stay)
            }
            Offer::Cut(bytes) => half(file(bytes, Then::Close)),
            Offer::Stalled(bytes) => half(file(bytes, Then::Hang)),
            Offer::Half(bytes) => {
                let half = half(file(bytes, Then::Stay));
                Self { announced: half.body.len(), ..half }
            }
            Offer::Status(status) => {
                let text = format!("this is {status}\n").into_bytes();
                Self { status, tagged: false, ..file(text, Then::Stay) }
            }
        }
    }
}

impl Response {
    fn send(&self, mut connection: &TcpStream, head: bool, number: u32) -> bool {
        let tag = if self.tagged { format!("ETag: \"{number}\"\r\n") } else { String::new() };
        let (status, length) = (self.status, self.announced);
        let headers = format!("HTTP/1.1 {status} So\r\n{tag}Content-Length: {length}\r\n\r\n");
        let body = if head { &[][..] } else { &self.body };
        connection.write_all(headers.as_bytes()).and_then(|()| connection.write_all(body)).is_ok()
    }
}

fn wait_for_the_client_to_go(mut connection: &TcpStream) {
    drop(connection.read_to_end(&mut Vec::new()));
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
