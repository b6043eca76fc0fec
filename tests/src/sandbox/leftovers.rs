//! Finds the files and processes that a test leaves behind.

use super::process::Running;
use super::wait::try_wait_for;
use super::{PATIENCE, proc, sys};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A line for each process that still runs after `linger`.
pub(super) fn processes(folder: &Path, started: &[Arc<Running>], linger: Duration) -> Vec<String> {
    match try_wait_for(linger, || alive(folder, started).is_empty().then_some(())) {
        Some(()) => Vec::new(),
        None => alive(folder, started)
            .into_iter()
            .map(|pid| format!("  the process {pid}: {}", proc::command_line(pid)))
            .collect(),
    }
}

/// A line for each file that is not expected.
pub(super) fn files(folder: &Path, expected: &BTreeSet<PathBuf>) -> Vec<String> {
    let mut found = Vec::new();
    descend(folder, Path::new(""), expected, &mut found);
    found.sort_unstable();
    found
}

fn descend(root: &Path, inside: &Path, expected: &BTreeSet<PathBuf>, found: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(inside)).into_iter().flatten().flatten() {
        let path = inside.join(entry.file_name());
        if is_expected(&path, expected) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !leads_to_expected(&path, expected)
        {
            found.push(format!("  the folder {}", path.display()));
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            descend(root, &path, expected, found);
        } else {
            found.push(format!("  the file {}", path.display()));
        }
    }
}

/// A name that ends with `*` stands for all names that begin so.
fn is_expected(path: &Path, expected: &BTreeSet<PathBuf>) -> bool {
    let begins_so = |name: &str| {
        let start = name.strip_suffix('*');
        start.is_some_and(|start| path.to_str().is_some_and(|path| path.starts_with(start)))
    };
    expected.contains(path) || expected.iter().filter_map(|name| name.to_str()).any(begins_so)
}

fn leads_to_expected(folder: &Path, expected: &BTreeSet<PathBuf>) -> bool {
    expected.iter().any(|path| path.starts_with(folder))
}

/// Kills all processes, again and again until none is left: a killed one may just have forked.
pub(super) fn kill(folder: &Path, started: &[Arc<Running>]) {
    let gone = try_wait_for(PATIENCE, || {
        let alive = alive(folder, started);
        for pid in &alive {
            // It may have ended in between.
            sys::kill(*pid, libc::SIGKILL).ok();
        }
        alive.is_empty().then_some(())
    });
    if gone.is_none() {
        eprintln!("processes that cannot be killed run in {}", folder.display());
    }
}

/// The processes in the folder. Children of this process are reaped first, and count until then.
fn alive(folder: &Path, started: &[Arc<Running>]) -> Vec<u32> {
    let mut alive: BTreeSet<u32> = proc::residents(folder).into_iter().collect();
    for running in started {
        match running.status() {
            None => alive.insert(running.pid()),
            Some(_) => alive.remove(&running.pid()),
        };
    }
    alive.into_iter().collect()
}
