//! Other systems, where the modification time has to do.

use std::{
    fs::{FileType, Metadata, OpenOptions},
    time::SystemTime,
};

/// What distinguishes one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    modified: Option<SystemTime>,
}

impl Identity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok() }
    }
}

/// No file blocks when it is opened.
pub(crate) fn without_waiting(_: &mut OpenOptions) {}

/// Returns what a file is that only Unix has.
pub(crate) fn special(_: FileType) -> Option<&'static str> {
    None
}
