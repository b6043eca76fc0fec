//! Collects signals from handlers: all code that runs inside a signal handler is in this file.

use nix::unistd::getpid;

use super::pipe::{ReadEnd, WriteEnd};
use super::sync::{AtomicU64, Ordering};
use crate::origin::{Origin, Received};
use crate::pid::Pid;
use crate::record::Record;
use crate::signal::Signal;
use crate::sys::send::raise_by_default_on_return;

/// The writing side of a receiver.
///
/// The methods that handlers call are async-signal-safe: they write to a file descriptor, get the pid and
/// change an atomic. They neither allocate nor lock nor panic.
#[derive(Debug)]
pub(crate) struct Inbox {
    pipe: WriteEnd,
    /// One bit for each signal of which a record did not fit into the pipe; bit 0 is signal 1.
    overflow: AtomicU64,
    owner: Pid,
}

impl Inbox {
    pub(crate) fn new(pipe: WriteEnd) -> Self {
        Self { pipe, overflow: AtomicU64::new(0), owner: Pid::this() }
    }

    /// Adds a signal. Handlers call this.
    pub(crate) fn put(&self, signal: Signal, record: &Record) {
        if getpid().as_raw() != self.owner.as_raw() {
            // This is a forked copy of the process, between fork and exec for example. Its pipe is the
            // owner's, which must not receive signals that were meant for the copy.
            raise_by_default_on_return(signal);
            return;
        }
        if self.pipe.write(record) {
            return;
        }
        // The reader empties the pipe, then looks at the overflow. If it emptied the pipe before
        // this sets the bit, there is room for a wake-up now. Otherwise it has yet to look.
        self.overflow.fetch_or(bit(signal), Ordering::SeqCst);
        self.pipe.write(&Record::WAKE);
    }

    /// Takes the next signal. The reader calls this, with its end of the pipe.
    pub(crate) fn next(&self, pipe: &ReadEnd) -> Option<Received> {
        while let Some(record) = pipe.read() {
            if let Some(received) = record.received() {
                return Some(received);
            }
        }
        // Only after the pipe was seen empty: see `put`.
        Some(Received::new(self.take_overflow()?, Origin::Unknown))
    }

    /// Takes the lowest signal out of the overflow.
    fn take_overflow(&self) -> Option<Signal> {
        let kinds = self.overflow.load(Ordering::SeqCst);
        let lowest = kinds & kinds.wrapping_neg();
        if lowest == 0 {
            return None;
        }
        self.overflow.fetch_and(!lowest, Ordering::SeqCst);
        Signal::from_raw(lowest.trailing_zeros() as i32 + 1)
    }

    /// Makes the receiver readable again if the reader has left something in the overflow.
    pub(crate) fn wake_if_overflown(&self) {
        if self.overflow.load(Ordering::SeqCst) != 0 {
            self.pipe.write(&Record::WAKE);
        }
    }
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}
