//! The client: asks a service that runs.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    error::{Error, ErrorKind, Result},
    place,
    request::Request,
    response::Response,
};

/// The longest line that a client reads.
const LONGEST_LINE: u64 = 4 << 20;

/// A connection to the control socket of a service.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the service of this name.
    ///
    /// # Errors
    ///
    /// No such service runs here, or it belongs to another user.
    pub fn connect(name: &str) -> Result<Self> {
        let mut denied = None;
        for path in place::places(name)? {
            match Self::connect_to(&path) {
                Ok(client) => return Ok(client),
                Err(error) if error.kind() == ErrorKind::Denied => denied = Some(error),
                Err(_) => {}
            }
        }
        Err(denied.unwrap_or_else(|| {
            let what = format!("could not reach {name}: no service of that name runs here");
            Error::new(ErrorKind::NotRunning, what)
        }))
    }

    /// Connects to the control socket at this path.
    ///
    /// # Errors
    ///
    /// No service listens there, or it belongs to another user.
    pub fn connect_to(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path).map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::PermissionDenied => ErrorKind::Denied,
                _ => ErrorKind::NotRunning,
            };
            Error::new(kind, format!("could not reach {}", path.display())).because(error)
        })?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request, and waits for its response; for as long as it takes without a timeout, or with one that no
    /// clock can express.
    ///
    /// # Errors
    ///
    /// The response did not come in time, or the service has ended before.
    pub fn ask(&mut self, request: &Request, timeout: Option<Duration>) -> Result<Response> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // A server that has too many clients closes without reading. Its response can still be read.
        let _sent = self.stream.get_ref().write_all(&request.encode());
        self.response(until)
    }

    /// Waits for the next line of a stream of events, which [`ask`](Self::ask) has begun.
    ///
    /// # Errors
    ///
    /// The service has ended, or speaks something else.
    pub fn next_event(&mut self) -> Result<Response> {
        self.response(None)
    }

    fn response(&mut self, until: Option<Instant>) -> Result<Response> {
        let mut line = Vec::new();
        loop {
            if let Some(until) = until {
                let left = until.saturating_duration_since(Instant::now());
                // Zero would mean to wait for ever.
                let left = left.max(Duration::from_millis(1));
                self.stream.get_ref().set_read_timeout(Some(left)).map_err(lost)?;
            }
            let room = LONGEST_LINE.saturating_sub(line.len() as u64);
            match self.stream.by_ref().take(room).read_until(b'\n', &mut line) {
                Ok(_) if line.ends_with(b"\n") => break,
                Ok(_) => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if until.is_some_and(|until| until <= Instant::now()) {
                        let what = "could not wait any longer for the response";
                        return Err(Error::new(ErrorKind::TimedOut, what));
                    }
                }
                Err(error) => return Err(lost(error)),
            }
        }
        Response::decode(&line).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "could not read the response of the service")
        })
    }
}

fn lost(error: io::Error) -> Error {
    let what = "could not get a response: the service has ended, or has closed the connection";
    Error::new(ErrorKind::Lost, what).because(error)
}
