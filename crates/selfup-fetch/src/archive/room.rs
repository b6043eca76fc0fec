//! Keeps room on the disk free for other programs.

use std::cell::Cell;
use std::fs::File;
use std::io;

use crate::sys::space;

/// The number of bytes between two checks.
const STEP: u64 = 1 << 20;

/// What stays free: a twentieth of the disk, or this if it is less.
const RESERVE: u64 = 256 << 20;
const SHARE: u64 = 20;

/// Checks the free space now and then while data are written.
#[derive(Default)]
pub(super) struct Room {
    next: Cell<u64>,
}

impl Room {
    /// Fails if this many bytes would not leave enough room. If the free space is unknown, this succeeds.
    pub(super) fn must_be_there(&self, file: &File, written: u64) -> io::Result<()> {
        if written < self.next.get() {
            return Ok(());
        }
        self.next.set(written + STEP);
        let Some((free, total)) = space(file) else { return Ok(()) };
        let kept = RESERVE.min(total / SHARE);
        if free >= kept {
            return Ok(());
        }
        let reason = format!(
            "{free} bytes are left on its disk, of which {kept} are kept free for others; free some"
        );
        Err(io::Error::new(io::ErrorKind::StorageFull, reason))
    }
}
