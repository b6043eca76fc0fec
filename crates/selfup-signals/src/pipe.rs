//! The pipe between the handlers and a receiver. Records go through it whole, or not at all.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{self, pipe2};

use crate::record::{self, Record};

/// The receiver's end.
#[derive(Debug)]
pub(crate) struct ReadEnd(OwnedFd);

/// The handlers' end.
#[derive(Debug)]
pub(crate) struct WriteEnd(OwnedFd);

/// Opens one of which neither end ever waits.
pub(crate) fn pipe() -> nix::Result<(ReadEnd, WriteEnd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    Ok((ReadEnd(read), WriteEnd(write)))
}

impl ReadEnd {
    /// Reads one record; `None` when the pipe is empty.
    pub(crate) fn read(&self) -> Option<Record> {
        let mut bytes = [0; record::LENGTH];
        loop {
            match unistd::read(&self.0, &mut bytes) {
                // Writes are atomic, and so many bytes at a time are read as were written.
                Ok(record::LENGTH) => return Some(Record::decode(bytes)),
                Err(Errno::EINTR) => {}
                // EAGAIN is the empty pipe; nothing else is possible while the inbox holds the
                // other end.
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
    /// Writes a record whole; says whether there was room. It is async-signal-safe.
    pub(crate) fn write(&self, record: &Record) -> bool {
        // A non-blocking write of so few bytes is all or nothing, and is not interrupted.
        unistd::write(&self.0, &record.encode()).is_ok()
    }
}
