//! The smallest client that reads the process id in a response.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Sends one request on a connection of its own, and returns the pid in the response.
pub(super) fn on_a_new_connection(server: SocketAddr) -> io::Result<u32> {
    let stream = TcpStream::connect(server)?;
    on(&mut BufReader::new(stream))
}

/// Sends one request on a connection that is kept.
pub(super) fn on(stream: &mut BufReader<TcpStream>) -> io::Result<u32> {
    stream.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body);
    let pid = body.trim().strip_prefix("pid=").unwrap_or_default();
    pid.parse().map_err(io::Error::other)
}
