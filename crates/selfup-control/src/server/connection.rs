//! One client: its buffers, and how far its request has come.

use std::{
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use nix::{poll::PollFlags, unistd::geteuid};

use crate::{
    request::{Malformed, Request},
    response::{Outcome, Response},
    sys,
};

/// The longest request.
const LONGEST_REQUEST: usize = 16 << 10;

/// The most that waits for a client to read it.
const MOST_UNREAD: usize = 1 << 20;

/// How long a client may take to send a request, or to read a part of a response.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    state: State,
    /// Whether it has closed its side: it may still read.
    has_sent_all: bool,
    /// When it has last done anything.
    active: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It may send a request.
    Reading,
    /// Its request has this number, and waits for the response.
    Waiting(u64),
    /// It is sent the events.
    Listening,
    /// It is disconnected when it has read everything.
    Closing,
}

impl Connection {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let (input, output) = (Vec::new(), Vec::new());
        let (state, active) = (State::Reading, Instant::now());
        let mut this = Self { stream, input, output, state, has_sent_all: false, active };
        if !is_allowed(&this.stream) {
            let text = "permission denied: only the user of the service and root may ask it";
            this.close_with(&Response::new(Outcome::Denied, text));
        }
        Ok(this)
    }

    pub(super) fn close_with(&mut self, response: &Response) {
        self.output.extend(response.encode());
        self.state = State::Closing;
        let _written = self.write();
    }

    /// What to wait for. A client that waits for a response is not read from.
    pub(super) fn wants(&self) -> PollFlags {
        let mut wants = PollFlags::empty();
        if self.state == State::Reading && self.output.is_empty() && !self.has_sent_all {
            wants |= PollFlags::POLLIN;
        }
        if !self.output.is_empty() {
            wants |= PollFlags::POLLOUT;
        }
        wants
    }

    /// Returns the number of the request that waits for its response.
    pub(super) fn waits_for(&self) -> Option<u64> {
        match self.state {
            State::Waiting(request) => Some(request),
            _ => None,
        }
    }

    pub(super) fn is_listening(&self) -> bool {
        self.state == State::Listening
    }

    /// When it is disconnected if nothing happens; never while it waits for something.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let waits = matches!(self.state, State::Waiting(_) | State::Listening);
        (!waits || !self.output.is_empty()).then(|| self.active + PATIENCE)
    }

    /// Whether it could be disconnected for the sake of another.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Reading | State::Closing)
    }

    pub(super) fn last_active(&self) -> Instant {
        self.active
    }

    /// Reads what has come, and returns a request if it is complete. An error ends the connection.
    pub(super) fn read(&mut self) -> io::Result<Option<Request>> {
        let mut bytes = [0; 4096];
        loop {
            if let Some(request) = self.next_request() {
                return Ok(Some(request));
            }
            if self.state != State::Reading {
                return Ok(None);
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => {
                    self.has_sent_all = true;
                    // A last line may lack its newline.
                    if self.input.is_empty() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.input.push(b'\n');
                }
                Ok(read) => self.input.extend_from_slice(bytes.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the next line that is a request. A line that is none gets its response at once.
    fn next_request(&mut self) -> Option<Request> {
        let Some(end) = self.input.iter().position(|byte| *byte == b'\n') else {
            if self.input.len() > LONGEST_REQUEST {
                let reason = format!("it is longer than {LONGEST_REQUEST} bytes");
                let malformed = Malformed { is_unsupported: false, reason };
                self.close_with(&Response::to_malformed(&malformed));
            }
            return None;
        };
        let line: Vec<u8> = self.input.drain(..=end).collect();
        self.active = Instant::now();
        match Request::decode(&line) {
            Ok(request) => Some(request),
            Err(malformed) => {
                self.close_with(&Response::to_malformed(&malformed));
                None
            }
        }
    }

    pub(super) fn has_asked(&mut self, request: u64) {
        self.state = State::Waiting(request);
    }

    pub(super) fn listens(&mut self) {
        self.state = State::Listening;
    }

    /// Sends a response, after which the next request is read.
    pub(super) fn respond(&mut self, response: &Response) -> io::Result<()> {
        self.output.extend(response.encode());
        let goes_on = self.state != State::Listening;
        if goes_on {
            self.state = if self.has_sent_all { State::Closing } else { State::Reading };
        }
        self.active = Instant::now();
        self.write()
    }

    /// Writes what there is room for. An error ends the connection: it is gone, or has too much to read, or
    /// has read the last of it.
    pub(super) fn write(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(written) => {
                    drop(self.output.drain(..written));
                    self.active = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.output.len() > MOST_UNREAD {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        if self.state == State::Closing && self.output.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.output.is_empty()
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Whether the peer is the user of this process, or root.
fn is_allowed(stream: &UnixStream) -> bool {
    sys::peer(stream).is_ok_and(|peer| peer == geteuid().as_raw() || peer == 0)
}
