//! Requests that a server is in the middle of, for as long as a test wants.

use crate::sandbox::PATIENCE;
use crate::uninterrupted::uninterrupted;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

const BODY: &[u8] = b"at last";

/// Requests to `/echo` whose bodies the server has asked for and not got: it has accepted each of them,
/// and has to answer it.
#[derive(Debug)]
#[must_use]
pub struct OpenRequests {
    connections: Vec<TcpStream>,
    /// One without a request: with those, a server begins to drain.
    idle: TcpStream,
}

impl OpenRequests {
    /// Sends the heads, and waits until the server asks for the bodies.
    #[track_caller]
    pub fn start(server: SocketAddr, count: usize) -> Self {
        let connections: Vec<_> = (0..count).map(|_| head(server).unwrap()).collect();
        for connection in &connections {
            let asked = read_head(connection).unwrap();
            assert!(asked.starts_with("HTTP/1.1 100 "), "{asked}");
        }
        let idle = head(server).unwrap();
        finish(&idle).unwrap();
        Self { connections, idle }
    }

    /// Waits until the server drains.
    #[track_caller]
    pub fn wait_for_the_drain(&self) {
        let end = uninterrupted(|| (&self.idle).read(&mut [0])).unwrap();
        assert_eq!(end, 0, "more than one response");
    }

    /// Sends the bodies, and returns how many responses there were, and what went wrong with the others.
    pub fn finish(self) -> (usize, Vec<io::Error>) {
        let ends: Vec<_> = self.connections.iter().map(finish).collect();
        let (responses, errors): (Vec<_>, Vec<_>) = ends.into_iter().partition(Result::is_ok);
        (responses.len(), errors.into_iter().filter_map(Result::err).collect())
    }
}

fn head(server: SocketAddr) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect(server)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    )?;
    Ok(connection)
}

fn finish(mut connection: &TcpStream) -> io::Result<()> {
    connection.write_all(BODY)?;
    let mut head = read_head(connection)?;
    if head.starts_with("HTTP/1.1 100 ") {
        head = read_head(connection)?;
    }
    let mut body = [0; BODY.len()];
    connection.read_exact(&mut body)?;
    match head.starts_with("HTTP/1.1 200 ") && body == BODY {
        true => Ok(()),
        false => Err(io::Error::other(head)),
    }
}

/// Up to the empty line, and no further.
fn read_head(mut connection: &TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (String::new(), [0]);
    while !head.ends_with("\r\n\r\n") {
        connection.read_exact(&mut byte)?;
        head.push(byte[0].into());
    }
    Ok(head)
}
