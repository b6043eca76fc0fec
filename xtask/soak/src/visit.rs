//! Requests of soak's own, whose responses name the process.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use xtask_support::stop::{Result, Stop};

/// Longer than any response takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a child reports about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) pid: u32,
    pub(super) release: u64,
    pub(super) generation: u64,
    /// Seconds since 1970 by its clock.
    pub(super) clock: i64,
}

/// A request that waits for its response.
#[derive(Debug)]
pub(super) struct Visit(TcpStream);

impl Visit {
    /// Sends it; the response will take this long.
    pub(super) fn begin(server: SocketAddr, takes: Duration) -> Result<Self> {
        let begin = || {
            let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE + takes))?;
            let path = format!("/slow?ms={}", takes.as_millis());
            let head =
                format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes())?;
            // The server reads to the end of the request, and no further.
            Ok(Self(stream))
        };
        begin().map_err(lost)
    }

    pub(super) fn end(mut self) -> Result<Response> {
        let mut text = String::new();
        loop {
            let mut chunk = [0; 512];
            match self.0.read(&mut chunk).map_err(lost)? {
                0 => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                count => text.push_str(&String::from_utf8_lossy(&chunk[..count])),
            }
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && body.ends_with('\n')
            {
                return parsed(body).ok_or_else(|| lost(io::Error::other(text.clone())));
            }
        }
    }
}

/// A request that is answered at once.
pub(super) fn ask(server: SocketAddr) -> Result<Response> {
    Visit::begin(server, Duration::ZERO)?.end()
}

fn lost(error: io::Error) -> Stop {
    Stop::because(format!("a request of soak's own was lost: {error}"))
}

fn parsed(body: &str) -> Option<Response> {
    let value = |key: &str| {
        body.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    };
    Some(Response {
        pid: value("pid")?.parse().ok()?,
        release: value("release")?.parse().ok()?,
        generation: value("generation")?.parse().ok()?,
        clock: value("clock")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_names_the_process() {
        let body = "pid=12 release=3 generation=4 clock=-5\n";
        let expected = Response { pid: 12, release: 3, generation: 4, clock: -5 };
        assert_eq!(parsed(body), Some(expected));
        assert_eq!(parsed("pid=12\n"), None);
    }
}
