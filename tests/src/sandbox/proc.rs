//! Reads what `/proc` contains about processes.
//!
//! Each function takes a snapshot of things that change meanwhile: a process that ends while it is
//! read counts as one that does not exist.

use super::MARKER;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The children of this process, zombies too, lowest number first.
#[must_use]
pub fn children_of(pid: u32) -> Vec<u32> {
    all().into_iter().filter(|child| parent_of(*child) == Some(pid)).collect()
}

/// The open file descriptors of this process and what they lead to, lowest number first.
#[must_use]
pub fn fds_of(pid: u32) -> Vec<(u32, PathBuf)> {
    let folder = PathBuf::from(format!("/proc/{pid}/fd"));
    let mut fds: Vec<(u32, PathBuf)> = numbers_in(&folder)
        .into_iter()
        .filter_map(|fd| Some((fd, fs::read_link(folder.join(fd.to_string())).ok()?)))
        .collect();
    fds.sort_unstable();
    fds
}

/// How many threads this process has.
#[must_use]
pub fn threads_of(pid: u32) -> usize {
    numbers_in(Path::new(&format!("/proc/{pid}/task"))).len()
}

/// What the process does, as the one letter of `ps`: `R`, `S`, `T` for stopped, `Z` for a zombie.
/// `None` if there is no such process.
#[must_use]
pub fn state_of(pid: u32) -> Option<char> {
    after_name(pid)?.chars().next()
}

fn parent_of(pid: u32) -> Option<u32> {
    after_name(pid)?.split_whitespace().nth(1)?.parse().ok()
}

/// The fields of `/proc/PID/stat` behind the name, which may hold spaces and brackets itself.
fn after_name(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ").map(|(_, fields)| fields.to_owned())
}

/// The processes that belong to a sandbox: by their environment, else by what they run or where.
pub(super) fn residents(sandbox: &Path) -> Vec<u32> {
    let own = std::process::id();
    all().into_iter().filter(|pid| *pid != own && lives_in(*pid, sandbox)).collect()
}

fn lives_in(pid: u32, sandbox: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let leads_inside =
        |link: &str| fs::read_link(process.join(link)).is_ok_and(|path| path.starts_with(sandbox));
    let marker = [MARKER.as_bytes(), b"=", sandbox.as_os_str().as_bytes()].concat();
    let marked = || {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == marker)
    };
    leads_inside("exe") || leads_inside("cwd") || marked()
}

/// The command line of a process, for a message.
pub(super) fn command_line(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " ")
}

fn all() -> Vec<u32> {
    let mut all = numbers_in(Path::new("/proc"));
    all.sort_unstable();
    all
}

fn numbers_in(folder: &Path) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_known() {
        let own = std::process::id();
        assert!(threads_of(own) >= 1);
        let fds = fds_of(own);
        assert!(fds.windows(2).all(|pair| pair[0].0 < pair[1].0), "{fds:?}");
        assert!(children_of(parent_of(own).unwrap()).contains(&own));
        assert!(state_of(own).is_some());
        assert!(!command_line(own).is_empty());
    }

    #[test]
    fn a_process_that_is_not_there_has_nothing() {
        let nobody = u32::MAX;
        assert_eq!(state_of(nobody), None);
        assert_eq!((children_of(nobody), fds_of(nobody), threads_of(nobody)), (vec![], vec![], 0));
    }
}
