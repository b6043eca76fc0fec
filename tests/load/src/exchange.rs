//! One request and its response on one connection, as far as they have come.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

use nix::poll::PollFlags;

use crate::connection::Connection;
use crate::loss::Loss;
use crate::response::{Reader, Response};

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) lane: usize,
    /// When it was due, from the start of the load.
    pub(crate) due: Duration,
    connection: Connection,
    connecting: bool,
    request: Rc<[u8]>,
    written: usize,
    reader: Reader,
}

/// How far an exchange has come.
#[derive(Debug)]
pub(crate) enum Progress {
    Waiting(Exchange),
    /// The connection comes back if it may be used again.
    Answered(Response, Option<Connection>),
    Lost(Failure),
}

/// A loss, and what exactly happened.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) loss: Loss,
    pub(crate) detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.loss)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { loss: Loss::of(&error), detail: error.to_string() }
    }
}

impl From<Loss> for Failure {
    fn from(loss: Loss) -> Self {
        Self { loss, detail: String::new() }
    }
}

impl Exchange {
    /// Sends a request on a connection that was made for it or that was seen idle.
    pub(crate) fn begin(
        lane: usize,
        due: Duration,
        request: Rc<[u8]>,
        idle: Option<Connection>,
        address: SocketAddr,
    ) -> Result<Self, Failure> {
        let connecting = idle.is_none();
        let connection = idle.map_or_else(|| Connection::begin(address), Ok)?;
        let reader = Reader::new();
        Ok(Self { lane, due, connection, connecting, request, written: 0, reader })
    }

    /// What it waits for. A response may come before the whole request is written.
    pub(crate) fn interest(&self) -> PollFlags {
        if self.connecting {
            PollFlags::POLLOUT
        } else if self.written < self.request.len() {
            PollFlags::POLLOUT | PollFlags::POLLIN
        } else {
            PollFlags::POLLIN
        }
    }

    /// Goes as far as it can without waiting.
    pub(crate) fn advance(mut self, room: &mut [u8]) -> Progress {
        match self.try_advance(room) {
            Ok(Some(response)) => {
                let reusable = !response.close && self.written == self.request.len();
                Progress::Answered(response, reusable.then_some(self.connection))
            }
            Ok(None) => Progress::Waiting(self),
            Err(failure) => Progress::Lost(failure),
        }
    }

    fn try_advance(&mut self, room: &mut [u8]) -> Result<Option<Response>, Failure> {
        if self.connecting {
            self.connection.established()?;
            self.connecting = false;
        }
        // A server may respond, close, and so break the writing: its response counts.
        let broken = self.write().err();
        match (self.read(room), broken) {
            (Ok(Some(response)), _) => Ok(Some(response)),
            (_, Some(broken)) => Err(broken.into()),
            (result, None) => result,
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while self.written < self.request.len() {
            let Some(count) = self.connection.write(&self.request[self.written..])? else { break };
            self.written += count;
        }
        Ok(())
    }

    fn read(&mut self, room: &mut [u8]) -> Result<Option<Response>, Failure> {
        while let Some(count) = self.connection.read(room)? {
            if count == 0 {
                return Ok(Some(self.reader.end()?));
            }
            if let Some(response) = self.reader.push(&room[..count])? {
                return Ok(Some(response));
            }
        }
        Ok(None)
    }
}

impl AsFd for Exchange {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
