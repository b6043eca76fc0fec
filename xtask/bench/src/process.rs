//! What the kernel reports about a process.

use nix::errno::Errno;
use selfup_signals::{Pid, Signal};
use std::fs;
use std::io::ErrorKind;
use std::time::Duration;
use xtask_support::command::{Failure, Result};
use xtask_support::proc::{Stat, having};

/// Sends a signal by kill(2).
pub(super) fn send(pid: u32, signal: Signal) -> Result {
    let failed = || Failure::new(format!("{pid} is no process"));
    let pid = Pid::new(pid.cast_signed()).ok_or_else(failed)?;
    selfup_signals::send(pid, signal).map_err(|error| Failure::new(error.to_string()))
}

/// How often the threads of a process have been switched to.
pub(super) fn switches(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for status in of_each_thread(pid, "status")? {
        sum += field(&status, "voluntary_ctxt_switches")?;
        sum += field(&status, "nonvoluntary_ctxt_switches")?;
    }
    Ok(sum)
}

/// How long the threads of a process have been on a processor.
pub(super) fn busy(pid: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for text in of_each_thread(pid, "schedstat")? {
        let nanoseconds = text.split_whitespace().next().and_then(|it| it.parse().ok());
        let failed = || Failure::new(format!("there is no time in {text:?}"));
        sum += Duration::from_nanos(nanoseconds.ok_or_else(failed)?);
    }
    Ok(sum)
}

/// What the kernel reports in this file about each thread that still runs.
fn of_each_thread(pid: u32, file: &str) -> Result<Vec<String>> {
    let failed = |error| Failure::new(format!("could not look at process {pid}: {error}"));
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(failed)?;
    let mut texts = Vec::new();
    for task in tasks.flatten() {
        match fs::read_to_string(task.path().join(file)) {
            Ok(text) => texts.push(text),
            // The thread has ended meanwhile: ESRCH if the file was open by then.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(texts)
}

/// The memory of a process in KiB: its own pages, with or without its share of those it has in
/// common with others, and those that it has alone.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) resident: u64,
    pub(super) proportional: u64,
    pub(super) own: u64,
}

impl Memory {
    pub(super) fn of(pid: u32) -> Result<Self> {
        let rollup = read(&format!("/proc/{pid}/smaps_rollup"))?;
        Ok(Self {
            resident: field(&rollup, "Rss")?,
            proportional: field(&rollup, "Pss")?,
            own: field(&rollup, "Private_Clean")? + field(&rollup, "Private_Dirty")?,
        })
    }
}

/// The processes of a group that have not ended.
pub(super) fn of_group(group: u32) -> Vec<u32> {
    having(|stat| stat.group == group && !stat.has_ended())
}

/// The children of a process that have not ended.
pub(super) fn children_of(parent: u32) -> Vec<u32> {
    having(|stat| stat.parent == parent && !stat.has_ended())
}

/// The group of a process.
pub(super) fn group_of(pid: u32) -> Option<u32> {
    Stat::of(pid).map(|stat| stat.group)
}

/// Whether a process still runs; one that only waits to be reaped does not.
pub(super) fn runs(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| !stat.has_ended())
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
    fn a_process_finds_itself_in_its_group_and_among_its_parents_children() {
        let me = std::process::id();
        assert!(runs(me));
        assert!(of_group(group_of(me).unwrap()).contains(&me));
        assert!(children_of(std::os::unix::process::parent_id()).contains(&me));
    }

    #[test]
    fn a_process_has_memory_of_its_own_and_takes_time() {
        let me = std::process::id();
        let Memory { resident, proportional, own } = Memory::of(me).unwrap();
        assert!(0 < own && own <= proportional && proportional <= resident);
        assert!(busy(me).unwrap() > Duration::ZERO);
    }
}
