//! Signals that ask a task to end.

use crate::command::{Failure, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{End, Receiver, Signal};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::thread;

/// Receives the signals, which from now on end nothing by themselves.
pub fn receiver() -> Result<Receiver> {
    Receiver::new([Signal::INT, Signal::TERM, Signal::HUP])
        .map_err(|error| Failure::new(error.to_string()))
}

/// As [`receiver`]; each is handed over on a thread of its own, until that asks for no more.
pub fn watch(mut heard: impl FnMut(Signal) -> ControlFlow<()> + Send + 'static) -> Result {
    let mut signals = receiver()?;
    thread::spawn(move || {
        loop {
            // If this fails, nothing is pending.
            poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).ok();
            for received in signals.pending() {
                if heard(received.signal).is_break() {
                    return;
                }
            }
        }
    });
    Ok(())
}

/// Ends this process the way the signal would have.
pub fn end_by(signal: Signal) -> ! {
    End::Signaled { signal, core_dumped: false }.mirror()
}
