//! Wakes the control thread.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicBool, Ordering},
};

/// A pipe with at most one byte in it.
#[derive(Debug)]
pub(crate) struct Bell {
    rung: AtomicBool,
    reader: PipeReader,
    writer: PipeWriter,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { rung: AtomicBool::new(false), reader, writer })
    }

    /// What has changed was written before.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // Never full, so it does not block. If the pipe was closed under us, nothing listens.
            let _rung = (&self.writer).write(&[0]);
        }
    }

    /// Called when the bell is readable; what has changed is looked at afterwards.
    pub(crate) fn hush(&self) {
        let _byte = (&self.reader).read(&mut [0]);
        // After the byte is gone: a caller that finds it still rung has changed something before this.
        self.rung.swap(false, Ordering::AcqRel);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
