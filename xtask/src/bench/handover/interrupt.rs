//! Ends what runs when somebody ends the benchmark: it is in a process group of its own, which a
//! terminal's Ctrl-C does not reach.

use super::super::process;
use crate::command::{Failure, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal as Kill, killpg};
use nix::unistd::Pid;
use selfup_signals::{End, Receiver, Signal};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// The group that runs; 0 where there is none.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// From now on this group is ended with us.
pub(super) fn ends(group: u32) {
    RUNNING.store(group, Ordering::SeqCst);
}

/// Watches for the signals that end the benchmark.
pub(super) fn watch() -> Result {
    let mut signals = Receiver::new([Signal::INT, Signal::TERM, Signal::HUP])
        .map_err(|error| Failure::new(error.to_string()))?;
    thread::spawn(move || {
        loop {
            // Failing, it says so by there being nothing pending.
            poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).ok();
            if let Some(received) = signals.pending().next() {
                let group = RUNNING.load(Ordering::SeqCst);
                if group != 0 && !process::of_group(group).is_empty() {
                    killpg(Pid::from_raw(group.cast_signed()), Kill::SIGKILL).ok();
                }
                End::Signaled { signal: received.signal, core_dumped: false }.mirror()
            }
        }
    });
    Ok(())
}
