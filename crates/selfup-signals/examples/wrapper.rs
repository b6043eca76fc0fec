//! `wrapper PROGRAM ARGUMENTS…` runs a program, and behaves in every way as the program would have
//! by itself: each signal reaches it once, Ctrl-Z stops both, and its end is the wrapper's end.

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::os::fd::AsFd;
use std::process::Command;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{
    Blocked, End, Origin, Pid, Receiver, Signal, forward, is_stopped, reset_on_exec, stop_self,
};

fn main() -> Result<Infallible, Box<dyn Error>> {
    run(env::args_os().skip(1).collect())
}

pub(crate) fn run(arguments: Vec<std::ffi::OsString>) -> Result<Infallible, Box<dyn Error>> {
    let blocked = Blocked::all()?;
    let mut signals = Receiver::new(Signal::forwardable().chain([Signal::CHLD]))?;
    let (program, arguments) = arguments.split_first().ok_or("usage: wrapper PROGRAM ARG…")?;
    let mut command = Command::new(program);
    reset_on_exec(command.args(arguments));
    #[expect(clippy::disallowed_methods, reason = "starting it is what this program is for")]
    let mut child = command.spawn()?;
    blocked.lift();

    let pid = Pid::from(&child);
    loop {
        for received in signals.pending() {
            // What the terminal sends goes to its whole foreground group, the child included.
            let from_terminal = received.origin == Origin::Kernel;
            if received.signal != Signal::CHLD && !from_terminal {
                forward(pid, &received)?;
            }
        }
        if let Some(status) = child.try_wait()? {
            End::from(status).mirror()
        }
        if is_stopped(pid)? {
            stop_self(Signal::STOP)?;
            continue;
        }
        // Interrupted is as good as readable.
        let _ = poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
    }
}
