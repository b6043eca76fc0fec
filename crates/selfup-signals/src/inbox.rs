//! Collects signals from handlers: all code that runs inside a signal handler is in this file.

use nix::unistd::getpid;

use super::pipe::{ReadEnd, WriteEnd};
use super::sync::{AtomicU32, Ordering};
use crate::origin::{Origin, Received};
use crate::pid::Pid;
use crate::record::Record;
use crate::signal::Signal;
use crate::sys::send::raise_by_default_on_return;

/// Enough words for every signal: the highest number is 64 on Linux, 127 on some of its processors, 126 on FreeBSD.
const WORDS: usize = 4;

/// The writing side of a receiver.
///
/// The methods that handlers call are async-signal-safe: they write to a file descriptor, get the pid and
/// change an atomic. They neither allocate nor lock nor panic.
#[derive(Debug)]
pub(crate) struct Inbox {
    pipe: WriteEnd,
    /// One bit for each signal of which a record did not fit into the pipe; bit 0 of the first word is signal 0.
    ///
    /// Words of 32 bits, because not every processor has atomics of 64.
    overflow: [AtomicU32; WORDS],
    owner: Pid,
}

impl Inbox {
    pub(crate) fn new(pipe: WriteEnd) -> Self {
        Self { pipe, overflow: [(); WORDS].map(|()| AtomicU32::new(0)), owner: Pid::this() }
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
        let (word, bit) = place(signal);
        self.overflow[word].fetch_or(bit, Ordering::SeqCst);
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
        self.overflow.iter().enumerate().find_map(|(word, kinds)| {
            let lowest = kinds.load(Ordering::SeqCst).trailing_zeros();
            let bit = 1_u32.checked_shl(lowest)?;
            kinds.fetch_and(!bit, Ordering::SeqCst);
            Signal::from_raw((word as u32 * u32::BITS + lowest) as i32)
        })
    }

    /// Makes the receiver readable again if the reader has left something in the overflow.
    pub(crate) fn wake_if_overflown(&self) {
        if self.overflow.iter().any(|kinds| kinds.load(Ordering::SeqCst) != 0) {
            self.pipe.write(&Record::WAKE);
        }
    }
}

/// Returns the word and the bit of a signal. It does not panic: a number has seven bits.
fn place(signal: Signal) -> (usize, u32) {
    let number = signal.as_raw() as u32;
    ((number / u32::BITS) as usize % WORDS, 1 << (number % u32::BITS))
}
