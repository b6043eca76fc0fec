//! A program that reports each signal on its standard output, as soon as it has it: by itself,
//! under selfup, or under the least that passes signals on.

mod forwarder;

use std::{
    error::Error,
    io::{self, Write},
    os::fd::AsFd,
    process::ExitCode,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use selfup_signals::{Origin, Receiver, Signal};
use signal_hook::low_level::pipe;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("alone") => tell_of_signals().map(|()| ExitCode::SUCCESS),
        Some("under-the-least") => forwarder::run(),
        Some("under-selfup") => {
            Ok(selfup::run(selfup::Config::new(|_state| tell_of_signals()).required(true)))
        }
        _ => Err("usage: selfup-bench-signalled alone|under-the-least|under-selfup".into()),
    }
}

/// Of SIGUSR1 by a byte that its handler writes, and of the first real-time signal by a line with
/// the value that was queued with it.
fn tell_of_signals() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    let mut queued = Receiver::new(Signal::real_time(0))?;
    pipe::register(Signal::USR1.as_raw(), output.as_fd().try_clone_to_owned()?)?;
    writeln!(output, "ready")?;
    loop {
        match poll(&mut [PollFd::new(queued.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        for received in queued.pending() {
            match received.origin {
                Origin::Queued { value, .. } => writeln!(output, "{}", value.as_int())?,
                _ => writeln!(output, "without a value")?,
            }
        }
    }
}
