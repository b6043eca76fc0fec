//! Reads `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use xtask_support::proc::{Stat, all, having};

/// The children of a process, zombies too.
pub(super) fn children_of(pid: u32) -> Vec<u32> {
    having(|stat| stat.parent == pid)
}

/// All descendants of a process, without itself.
pub(super) fn descendants_of(pid: u32) -> Vec<u32> {
    let parents: BTreeMap<u32, u32> =
        all().filter_map(|child| Some((child, Stat::of(child)?.parent))).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, above)| **above == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Whether the process is stopped by SIGSTOP.
pub(super) fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.state == 'T')
}

/// Whether it has a handler for the signal of this number.
pub(super) fn catches(pid: u32, signal: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

pub(super) fn threads_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().count()
}

/// The number of descriptors of each kind: sockets and pipes differ by their inodes alone.
pub(super) fn descriptors_of(pid: u32) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
        let Ok(target) = fs::read_link(entry.path()) else { continue };
        let target = target.to_string_lossy();
        let kind = target.split(':').next().unwrap_or_default();
        // After a rollback the file at the path is another than what runs, with the same content.
        let kind = kind.trim_end_matches(" (deleted)");
        // Shared memory has the number of the process in its name.
        let kind = kind.trim_end_matches(|last: char| last.is_ascii_digit());
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    kinds
}

/// The memory that nothing but this process uses, in KiB: its heap, its stacks, its variables.
pub(super) fn memory_of(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let kib = |what: &str| -> Option<u64> {
        let line = rollup.lines().find_map(|line| line.strip_prefix(what))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(kib("Anonymous")? + kib("Swap")?)
}

/// Lists these processes in a message for people.
pub(super) fn listed(pids: &[u32]) -> String {
    let each = pids.iter().map(|pid| {
        let state = Stat::of(*pid).map_or('?', |stat| stat.state);
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        format!("{pid} ({state}) {}", words.trim_end())
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The connections of a server that some process still has an end of, by their states.
pub(super) fn connections_to(server: SocketAddr) -> Vec<String> {
    const LISTEN: &str = "0A";
    const TIME_WAIT: &str = "06";
    let port = format!(":{:04X}", server.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.get(1).is_some_and(|local| local.ends_with(&port)))
        .filter_map(|row| row.get(3).map(|state| (*state).to_owned()))
        .filter(|state| state != LISTEN && state != TIME_WAIT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::getppid;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn this_process_is_known() {
        let own = std::process::id();
        let parent = getppid().as_raw().cast_unsigned();
        assert!(children_of(parent).contains(&own) && descendants_of(parent).contains(&own));
        assert!(!is_stopped(own));
        assert!(threads_of(own) > 0 && memory_of(own) > Some(0));
        assert!(listed(&[own]).starts_with(&format!("{own} (")));
    }

    #[test]
    fn a_descriptor_more_is_seen() {
        let own = std::process::id();
        let null = || descriptors_of(own).get("/dev/null").copied().unwrap_or_default();
        let before = null();
        let _file = fs::File::open("/dev/null").unwrap();
        assert!(null() > before);
    }

    #[test]
    fn a_connection_is_seen_as_long_as_somebody_has_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(connections_to(address).is_empty());
        let _client = TcpStream::connect(address).unwrap();
        assert_eq!(connections_to(address), ["01"]);
    }
}
