//! Leaving room on the disk for others.

use std::cell::Cell;
use std::fs::File;
use std::io;

/// As much as is written between two looks.
const STEP: u64 = 1 << 20;

/// What stays free: a twentieth of the disk, or this if it is less.
const RESERVE: u64 = 256 << 20;
const SHARE: u64 = 20;

/// Looks at the disk now and then while it is written to.
#[derive(Default)]
pub(super) struct Room {
    next: Cell<u64>,
}

impl Room {
    /// Fails where so many bytes would not leave enough. What cannot be told is no reason to fail.
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

/// What is free for everybody, and all there is.
#[cfg(unix)]
fn space(file: &File) -> Option<(u64, u64)> {
    let disk = nix::sys::statvfs::fstatvfs(file).ok()?;
    let bytes = |blocks: nix::libc::fsblkcnt_t| blocks.saturating_mul(disk.fragment_size());
    // One that claims to have no blocks at all does not tell.
    (disk.blocks() > 0).then(|| (bytes(disk.blocks_available()), bytes(disk.blocks())))
}

#[cfg(not(unix))]
fn space(_: &File) -> Option<(u64, u64)> {
    None
}
