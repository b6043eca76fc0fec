//! What the kernel tells about a process.

use crate::command::{Failure, Result};
use std::fs;

/// How often the threads of a process have been switched to.
pub(super) fn switches(pid: u32) -> Result<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .map_err(|error| Failure::new(format!("could not look at process {pid}: {error}")))?;
    let mut sum = 0;
    for task in tasks.flatten() {
        let status = read(&task.path().join("status").to_string_lossy())?;
        sum += field(&status, "voluntary_ctxt_switches")?;
        sum += field(&status, "nonvoluntary_ctxt_switches")?;
    }
    Ok(sum)
}

/// The memory of a process in KiB: its own pages, with or without its share of those it has in
/// common with others.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) resident: u64,
    pub(super) proportional: u64,
}

impl Memory {
    pub(super) fn of(pid: u32) -> Result<Self> {
        let rollup = read(&format!("/proc/{pid}/smaps_rollup"))?;
        Ok(Self { resident: field(&rollup, "Rss")?, proportional: field(&rollup, "Pss")? })
    }
}

/// The processes of a group that have not ended.
pub(super) fn of_group(group: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.group == group && !stat.ended))
        .collect()
}

/// The group of a process.
pub(super) fn group_of(pid: u32) -> Option<u32> {
    Stat::of(pid).map(|stat| stat.group)
}

/// Whether a process still runs; one that only waits to be reaped does not.
pub(super) fn runs(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| !stat.ended)
}

struct Stat {
    ended: bool,
    group: u32,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // A name may have spaces and parentheses in it.
        let mut fields = text.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        Some(Self { ended: matches!(state, "Z" | "X"), group: fields.nth(1)?.parse().ok()? })
    }
}

fn field(text: &str, name: &str) -> Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|value| value.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| Failure::new(format!("there is no {name} in {text:?}")))
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("could not read {path}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_itself_in_its_group() {
        let me = std::process::id();
        assert!(runs(me));
        assert!(of_group(group_of(me).unwrap()).contains(&me));
        assert!(Memory::of(me).unwrap().resident > 0);
    }
}
