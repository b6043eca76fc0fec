//! Unix: the room on a disk.

use std::fs::File;

/// Returns the bytes that are free for all users, and the size of the disk.
pub(crate) fn space(file: &File) -> Option<(u64, u64)> {
    let disk = nix::sys::statvfs::fstatvfs(file).ok()?;
    let bytes = |blocks| wide(blocks).saturating_mul(wide(disk.fragment_size()));
    // A file system that reports no blocks at all does not know its size.
    (disk.blocks() > 0).then(|| (bytes(disk.blocks_available()), bytes(disk.blocks())))
}

/// Makes 64 bits of what has 32 or 64.
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}
