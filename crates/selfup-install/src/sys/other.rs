//! The same functions on other Unixes, where some of them do nothing.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;

/// Whether this system executes Mach-O files.
pub(crate) const RUNS_MACH_O: bool = cfg!(target_vendor = "apple");

pub(crate) fn attribute_names(_: &File) -> io::Result<Vec<CString>> {
    Ok(Vec::new())
}

pub(crate) fn attribute(_: &File, _: &CStr) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

pub(crate) fn set_attribute(_: &File, _: &CStr, _: &[u8]) -> io::Result<()> {
    Ok(())
}

pub(crate) fn remove_attribute(_: &File, _: &CStr) -> io::Result<()> {
    Ok(())
}

pub(crate) fn is_immutable(_: &File) -> bool {
    false
}

pub(crate) fn is_noexec(_: &File) -> bool {
    false
}

pub(crate) fn is_mount_point(_: &File, _: &File) -> bool {
    false
}

pub(crate) fn require_room(_: &File, _: u64) -> Result<(), (u64, u64)> {
    Ok(())
}

pub(crate) fn reserve(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

pub(crate) fn begin_writing_back(_: &File, _: u64, _: u64) {}
