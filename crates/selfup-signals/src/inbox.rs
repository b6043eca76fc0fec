//! Where handlers put signals: all that happens inside a signal handler is in this file.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::unistd::{getpid, write};

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
    pipe: OwnedFd,
    /// One bit for each kind that did not fit into the pipe; bit 0 is signal 1.
    overflow: AtomicU64,
    owner: Pid,
}

impl Inbox {
    pub(crate) fn new(pipe: OwnedFd) -> Self {
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
        if self.write(record) {
            return;
        }
        // The reader empties the pipe, then looks at the overflow. If it emptied the pipe before
        // the bit was set, there is room for a wake-up now; if not, it is yet to look.
        self.overflow.fetch_or(bit(signal), Ordering::SeqCst);
        self.write(&Record::WAKE);
    }

    /// Writes a record whole; says whether there was room.
    fn write(&self, record: &Record) -> bool {
        // A non-blocking write of so few bytes is all or nothing, and is not interrupted.
        write(&self.pipe, &record.encode()).is_ok()
    }

    /// Takes one of the kinds that did not fit, the lowest first.
    pub(crate) fn take_overflow(&self) -> Option<Signal> {
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
            self.write(&Record::WAKE);
        }
    }
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}
