//! The pipe between the handlers and a receiver. A record goes through it whole or not at all.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::unistd;

use crate::record::{self, Record};
use crate::sys::system;

/// The receiver's end.
#[derive(Debug)]
pub(crate) struct ReadEnd(OwnedFd);

/// The handlers' end.
#[derive(Debug)]
pub(crate) struct WriteEnd(OwnedFd);

/// Opens a pipe whose ends are both non-blocking.
pub(crate) fn pipe() -> io::Result<(ReadEnd, WriteEnd)> {
    let (read, write) = system::pipe()?;
    Ok((ReadEnd(read), WriteEnd(write)))
}

impl ReadEnd {
    /// Reads one record, or returns `None` if the pipe is empty.
    pub(crate) fn read(&self) -> Option<Record> {
        let mut bytes = [0; record::LENGTH];
        loop {
            match unistd::read(&self.0, &mut bytes) {
                // Writes are atomic, so a read gets as many bytes as a write has put in.
                Ok(record::LENGTH) => return Some(Record::decode(bytes)),
                Err(Errno::EINTR) => {}
                // EAGAIN means that the pipe is empty. Nothing else can happen while the inbox
                // holds the other end.
                Ok(_) | Err(_) => return None,
            }
        }
    }
}

impl AsFd for ReadEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl WriteEnd {
    /// Writes a whole record, and returns whether there was room. This is async-signal-safe.
    pub(crate) fn write(&self, record: &Record) -> bool {
        // A non-blocking write of so few bytes is all or nothing, and cannot be interrupted.
        unistd::write(&self.0, &record.encode()).is_ok()
    }
}
