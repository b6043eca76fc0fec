//! Loses the control channel on demand, and handles the other signals of a child.

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

use crate::{broken::Broken, say::say};

/// The number of this child's end; none in a master.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel(Option<RawFd>);

impl Channel {
    /// Runs before `selfup::run` removes the variable.
    #[expect(clippy::disallowed_methods, reason = "it is not for the program to know")]
    pub(crate) fn of_this_process() -> Self {
        Self(env::var("SELFUP_CONTROL").ok().and_then(|number| number.parse().ok()))
    }

    /// From now on SIGUSR1 ends the channel in both directions, as if the other side were gone.
    /// SIGHUP and SIGQUIT are only reported, unless the child is to die of them.
    pub(crate) fn lose_on_signal(self, broken: Broken) {
        let reported = [Signal::HUP, Signal::QUIT];
        let reported = if broken == Broken::Signals { &[] } else { &reported[..] };
        let signals = Receiver::new(reported.iter().copied().chain([Signal::USR1]));
        let (Some(number), Ok(mut signals)) = (self.0, signals) else {
            return eprintln!("signals will not be heard");
        };
        thread::spawn(move || {
            loop {
                poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)
                    .ok();
                for received in signals.pending() {
                    match received.signal {
                        Signal::USR1 => {
                            let lost = shutdown(number, Shutdown::Both);
                            say('-', format_args!("lost its channel: {lost:?}"));
                        }
                        reported => say('-', format_args!("heard {reported}")),
                    }
                }
            }
        });
    }
}
