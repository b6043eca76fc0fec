//! What a child does to its signals between `fork` and `exec`.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::SigSet;

use super::disposition::{is_ignored, set_default, set_ignored};
use crate::signal::Signal;

pub(crate) fn reset_before_exec(command: &mut Command) -> &mut Command {
    // SAFETY: the closure makes async-signal-safe calls only, on values that it owns.
    unsafe { command.pre_exec(reset) }
}

pub(crate) fn ignore_before_exec(command: &mut Command, signal: Signal) -> &mut Command {
    let ignore = move || set_ignored(signal).map_err(io::Error::from);
    // SAFETY: the closure makes one async-signal-safe call, on a value that it owns.
    unsafe { command.pre_exec(ignore) }
}

/// Resets the dispositions first, then the mask, so that a pending signal meets the default action.
fn reset() -> io::Result<()> {
    for signal in Signal::every() {
        if !signal.is_ignored_on_purpose() || is_ignored(signal) != Ok(true) {
            // This fails for SIGKILL, SIGSTOP and the C library's own, which have their default action.
            let _ = set_default(signal);
        }
    }
    Ok(SigSet::empty().thread_set_mask()?)
}
