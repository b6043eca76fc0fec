//! Ends what runs when the benchmark is interrupted: it is in a process group of its own, which a
//! terminal's Ctrl-C does not reach.

use super::super::process;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::sync::atomic::{AtomicU32, Ordering};
use xtask_support::command::Result;
use xtask_support::interrupt;

/// The group that runs; 0 where there is none.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// Registers a process group that ends together with this process.
pub(super) fn ends(group: u32) {
    RUNNING.store(group, Ordering::SeqCst);
}

/// Watches for the signals that end the benchmark.
pub(super) fn watch() -> Result {
    interrupt::watch(|signal| {
        let group = RUNNING.load(Ordering::SeqCst);
        if group != 0 && !process::of_group(group).is_empty() {
            killpg(Pid::from_raw(group.cast_signed()), Signal::SIGKILL).ok();
        }
        interrupt::end_by(signal)
    })
}
