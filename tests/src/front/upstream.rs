//! The server behind a front.

use super::message::Head;
use super::relay::Stream;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Where the server is.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "for the tests here alone")]
pub enum Upstream {
    /// At an address.
    Tcp(SocketAddr),
    /// At a path.
    Unix(PathBuf),
}

/// The response of the server.
pub(super) struct Response {
    pub(super) head: Head,
    pub(super) body: Box<dyn Read>,
    /// How long the body is; none if it ends when the connection does.
    pub(super) length: Option<u64>,
    /// The length that is announced; to a `HEAD` that is not how long the body is.
    pub(super) announced: Option<u64>,
}

impl Upstream {
    /// Sends the request on a connection of its own, whose end ends the response at the latest.
    pub(super) fn ask(&self, request: &Head) -> io::Result<Response> {
        let mut stream = self.connect()?;
        stream.write_all(&request.clone().with("connection", "close").bytes())?;
        let mut stream = BufReader::new(stream);
        let head = Head::read(&mut stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let head = head.without("connection");
        let announced = head.header("content-length").and_then(|length| length.parse().ok());
        let has_none = request.method() == "HEAD" || matches!(head.status(), 204 | 304);
        let length = if has_none { Some(0) } else { announced };
        let head = if length.is_none() { head.with("connection", "close") } else { head };
        Ok(Response { head, body: Box::new(stream), length, announced })
    }

    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => Box::new(TcpStream::connect(address)?),
            Self::Unix(path) => Box::new(UnixStream::connect(path)?),
        })
    }
}
