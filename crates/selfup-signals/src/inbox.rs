//! Where handlers put signals: all that happens inside a signal handler is in this file.

use nix::unistd::getpid;

use super::pipe::{ReadEnd, WriteEnd};
use super::sync::{AtomicU64, Ordering};
use crate::origin::{Origin, Received};
use crate::pid::Pid;
use crate::record::Record;
use crate::signal::Signal;
use crate::sys;

/// The writing side of a receiver.
///
/// Its methods that handlers call are async-signal-safe: they write to a file descriptor, ask for
/// the pid and change an atomic; they neither allocate nor lock nor panic.
#[derive(Debug)]
pub(crate) struct Inbox {
    pipe: WriteEnd,
    /// One bit for each kind that did not fit into the pipe; bit 0 is signal 1.
    overflow: AtomicU64,
    owner: Pid,
}

impl Inbox {
    pub(crate) fn new(pipe: WriteEnd) -> Self {
        Self { pipe, overflow: AtomicU64::new(0), owner: Pid::this() }
    }

    /// Takes a signal in; called by handlers.
    pub(crate) fn put(&self, signal: Signal, record: &Record) {
        if getpid().as_raw() != self.owner.as_raw() {
            // A copy of the process, between fork and exec, say. Its pipe is the owner's, who must
            // not take for its own what was meant for the copy.
            sys::raise_by_default_on_return(signal);
            return;
        }
        if self.pipe.write(record) {
            return;
        }
        // The reader empties the pipe, then looks at the overflow. If it emptied the pipe before
        // the bit was set, there is room for a wake-up now; if not, it is yet to look.
        self.overflow.fetch_or(bit(signal), Ordering::SeqCst);
        self.pipe.write(&Record::WAKE);
    }

    /// Takes the next that has come; for the reader, which has the other end.
    pub(crate) fn next(&self, pipe: &ReadEnd) -> Option<Received> {
        while let Some(record) = pipe.read() {
            if let Some(received) = record.received() {
                return Some(received);
            }
        }
        // Only after the pipe was seen empty: see `put`.
        Some(Received::new(self.take_overflow()?, Origin::Unknown))
    }

    /// Takes one of the kinds that did not fit, the lowest first.
    fn take_overflow(&self) -> Option<Signal> {
        let kinds = self.overflow.load(Ordering::SeqCst);
        let lowest = kinds & kinds.wrapping_neg();
        if lowest == 0 {
            return None;
        }
        self.overflow.fetch_and(!lowest, Ordering::SeqCst);
        Signal::from_raw(lowest.trailing_zeros() as i32 + 1)
    }

    /// Makes the receiver readable again if the reader left some of the overflow.
    pub(crate) fn wake_if_overflown(&self) {
        if self.overflow.load(Ordering::SeqCst) != 0 {
            self.pipe.write(&Record::WAKE);
        }
    }
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}
