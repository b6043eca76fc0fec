//! The processes of the namespace, with their ids outside of it.

use crate::sandbox::children_of;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::fs;
use std::path::PathBuf;

/// Process 1 of the namespace that this process's child, `unshare`, has made.
pub(super) fn init_of(outside: u32) -> Option<u32> {
    let unshare = children_of(outside).into_iter().find(|pid| name_of(*pid) == "unshare")?;
    children_of(unshare).first().copied()
}

/// The name of the process in the kernel; empty if there is none.
pub(super) fn name_of(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// The host's number of a process that has this one in the namespace of `init`.
pub(super) fn outside(init: u32, inside: u32) -> Option<u32> {
    let namespace = namespace_of(init)?;
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid| {
        number_inside(*pid) == Some(inside) && namespace_of(*pid) == Some(namespace.clone())
    })
}

fn namespace_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

/// The last number is that of the innermost namespace.
fn number_inside(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().last()?.parse().ok()
}

pub(super) fn kill(init: u32) {
    // It may have ended in between.
    signal::kill(Pid::from_raw(init.try_into().unwrap()), Signal::SIGKILL).ok();
}
