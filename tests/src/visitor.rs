//! Clients that report every failure: of the program of a [`Service`](crate::service::Service), and of
//! HTTP servers.

use crate::sandbox::PATIENCE;
use selfup_load::{Config, Lane};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// All kinds of clients at once, of a server that knows `/echo`.
pub fn all_kinds(server: SocketAddr) -> Config {
    Config::new(server)
        .timeout(Duration::from_secs(20))
        .lane(Lane::new("new").rate(100.0))
        .lane(Lane::new("kept").rate(100.0).keep_alive(8))
        .lane(Lane::new("posted").rate(50.0).keep_alive(4).path("/echo").post(2000))
}

/// Connects, says a line, and returns the line that comes back.
///
/// # Errors
///
/// The connection is refused or reset, or ends before the line does, or nothing comes.
pub fn ask(address: SocketAddr, line: &str) -> io::Result<String> {
    let mut connection = connect(address)?;
    connection.write_all(format!("{line}\n").as_bytes())?;
    read_response(connection)
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    // A server that never responds has failed, too.
    connection.set_read_timeout(Some(PATIENCE))?;
    Ok(connection)
}

fn read_response(connection: TcpStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::other(format!("the response ends after {line:?}"))),
    }
}

/// A request of which the first half is sent: the process that has accepted it has to answer it.
#[derive(Debug)]
#[must_use]
pub struct Held(TcpStream);

impl Held {
    /// Sends the first half.
    pub fn start(address: SocketAddr) -> Self {
        let mut connection = connect(address).unwrap();
        connection.write_all(b"hold\n").unwrap();
        Self(connection)
    }

    /// Sends the rest and returns the response.
    #[track_caller]
    pub fn finish(mut self) -> String {
        self.0.write_all(b"go\n").unwrap();
        read_response(self.0).expect("the held request is answered")
    }
}

/// Two clients that ask one thing after the other on new connections until they leave.
#[derive(Debug)]
#[must_use]
pub struct Visitors {
    leaving: Arc<AtomicBool>,
    clients: Vec<JoinHandle<io::Result<()>>>,
}

impl Visitors {
    /// Starts the clients at once.
    pub fn come(address: SocketAddr) -> Self {
        let leaving = Arc::<AtomicBool>::default();
        let client = |_| {
            let leaving = Arc::clone(&leaving);
            thread::spawn(move || visit(address, &leaving))
        };
        Self { clients: (0..2).map(client).collect(), leaving: Arc::clone(&leaving) }
    }

    /// # Panics
    ///
    /// If a visitor was refused, was cut off or got part of a response.
    #[track_caller]
    pub fn leave(self) {
        self.leaving.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().unwrap().expect("every visitor is served");
        }
    }
}

/// Asks until it is time to leave, or until the first failure.
fn visit(address: SocketAddr, leaving: &AtomicBool) -> io::Result<()> {
    loop {
        ask(address, "hello")?;
        if leaving.load(Ordering::Relaxed) {
            return Ok(());
        }
        // All of them share two cores.
        thread::park_timeout(Duration::from_millis(1));
    }
}
