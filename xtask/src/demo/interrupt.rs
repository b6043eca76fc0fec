//! Signals that ask the demo to end.

use super::event::Event;
use crate::command::{Failure, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{Receiver, Signal};
use std::os::fd::AsFd;
use std::sync::mpsc::Sender;
use std::thread;

/// From now on they end nothing by themselves, but are events.
pub(super) fn watch(events: Sender<Event>) -> Result {
    let mut signals = Receiver::new([Signal::INT, Signal::TERM, Signal::HUP])
        .map_err(|error| Failure::new(error.to_string()))?;
    thread::spawn(move || {
        loop {
            // Failing, it says so by there being nothing pending.
            poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).ok();
            for received in signals.pending() {
                if events.send(Event::Interrupted(received.signal)).is_err() {
                    return;
                }
            }
        }
    });
    Ok(())
}
