//! Measures what idle masters use.

use super::process::{self, Memory};
use super::server::Server;
use std::thread;
use std::time::Duration;
use xtask_support::command::Result;

/// The measurements of one master.
pub(super) struct Idle {
    pub(super) memory: Memory,
    pub(super) wakeups: u64,
    /// The time it was on a processor.
    pub(super) busy: Duration,
}

/// Measures all masters at the same time, for so long.
pub(super) fn watch(servers: &[Server], duration: Duration) -> Result<Vec<Idle>> {
    let seen = |server: &Server| {
        let master = server.main_pid();
        Ok((process::switches(master)?, process::busy(master)?))
    };
    let before = servers.iter().map(seen).collect::<Result<Vec<_>>>()?;
    thread::park_timeout(duration);
    let watched = servers.iter().zip(before).map(|(server, (wakeups, busy))| {
        let (wakeups_after, busy_after) = seen(server)?;
        let memory = Memory::of(server.main_pid())?;
        Ok(Idle { memory, wakeups: wakeups_after - wakeups, busy: busy_after - busy })
    });
    watched.collect()
}
