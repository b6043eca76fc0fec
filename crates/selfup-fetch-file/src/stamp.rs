//! The stamp of a file: its state, without reading it.

use std::fs::Metadata;

use crate::sys::Identity;

/// The metadata that distinguish one state of a file from another, without reading it.
///
/// No program can set the change time, so a copy that preserves the modification time of its original (`cp -p`,
/// `rsync -t`) is detected too. See `inode(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    identity: Identity,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), identity: Identity::of(metadata) }
    }
}
