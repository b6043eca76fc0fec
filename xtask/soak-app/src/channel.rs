//! The control channel, to be lost on demand.

use std::{
    env,
    os::fd::{AsFd, RawFd},
    thread,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{Shutdown, shutdown},
};
use selfup_signals::{Receiver, Signal};

use crate::say::say;

/// The number of this child's end; none in a master.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel(Option<RawFd>);

impl Channel {
    /// Before `selfup::run` removes what tells it.
    #[expect(clippy::disallowed_methods, reason = "it is not for the program to know")]
    pub(crate) fn of_this_process() -> Self {
        Self(env::var("SELFUP_CONTROL").ok().and_then(|number| number.parse().ok()))
    }

    /// From now on SIGUSR1 ends the channel in both directions, as if the other side were gone.
    pub(crate) fn lose_on_signal(self) {
        let (Some(number), Ok(mut signals)) = (self.0, Receiver::new([Signal::USR1])) else {
            return eprintln!("SIGUSR1 will not be heard");
        };
        thread::spawn(move || {
            loop {
                poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)
                    .ok();
                if signals.pending().next().is_some() {
                    let lost = shutdown(number, Shutdown::Both);
                    say('-', format_args!("lost its channel: {lost:?}"));
                }
            }
        });
    }
}
