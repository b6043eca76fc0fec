//! The control thread: it reads the messages of the master.

use std::{
    io::{self, Write},
    os::fd::AsFd,
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use selfup_channel::{FromMaster, Incoming};
use selfup_signals::{Blocked, End, Signal};

use super::{census::Census, look::Look};
use crate::{
    master_link::MasterLink, options::Options, ready::Ready, serving::shutdown::GracefulShutdown,
};

/// Starts the control thread, which requests `drain` when the master does, or has died.
///
/// It sleeps in the kernel until the master sends a message or dies. Until the program is ready, it also looks
/// whether the program waits at its sockets. Every signal is blocked in it, so that the program's own threads
/// receive them.
pub(super) fn listen_to_master(
    link: MasterLink,
    drain: GracefulShutdown,
    ready: Ready,
    generation: u64,
    options: &Options,
) -> io::Result<()> {
    let (ready_timeout, terminate_timeout) = (options.ready_timeout, options.terminate_timeout);
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-control".into()).stack_size(STACK).spawn(move || {
        let gone = hear(&link, &drain, &ready, ready_timeout);
        if gone == Gone::Here {
            warn(
                generation,
                "could not stay connected to the master: the control channel was closed in this \
                 process (by closefrom or close_range?); the program drains",
            );
        }
        drain.request();
        // Without a master, this thread ends a program that does not end by itself.
        thread::park_timeout(terminate_timeout);
        let after = match gone {
            Gone::Master => "after its master had gone",
            Gone::Here => "after the control channel had been closed in this process",
        };
        let seconds = terminate_timeout.as_secs_f64();
        warn(generation, &format!("killing this process: it had not finished {seconds} s {after}"));
        End::Signaled { signal: Signal::KILL, core_dumped: false }.mirror()
    })?;
    drop(blocked);
    Ok(())
}

/// The thread calls nothing deep.
const STACK: usize = 128 * 1024;

/// Why no further message of the master can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The other end of the channel is closed.
    Master,
    /// This end is.
    Here,
}

/// Handles messages until no further one can come.
pub(crate) fn hear(
    link: &MasterLink,
    drain: &GracefulShutdown,
    ready: &Ready,
    ready_timeout: Duration,
) -> Gone {
    let mut look = Look::new(ready_timeout);
    let mut census = Census::default();
    loop {
        let timeout = look.at(ready, link).into_iter().chain(census.at(link)).min();
        let unsent = link.has_unsent();
        match wait(link, unsent, timeout) {
            Ok(()) | Err(Errno::EINTR) => {}
            Err(Errno::EBADF) => return Gone::Here,
            // No memory for it now.
            Err(_) => thread::park_timeout(Duration::from_millis(10)),
        }
        loop {
            // The number may be that of a descriptor of the program by now, which must not be read.
            if !link.channel().is_intact() {
                return Gone::Here;
            }
            match link.channel().poll() {
                Ok(Incoming::Message(FromMaster::Drain)) => drain.request(),
                Ok(Incoming::Message(FromMaster::Ask)) => link.asked(),
                Ok(Incoming::Message(FromMaster::End)) => {
                    End::Signaled { signal: Signal::TERM, core_dumped: false }.mirror();
                }
                // A later master may send more kinds; this child ignores those that it does not know.
                Ok(Incoming::Message(FromMaster::Unknown(_)) | Incoming::Malformed) => {}
                Ok(Incoming::Nothing) => break,
                Ok(Incoming::Closed) | Err(_) => return Gone::Master,
            }
        }
    }
}

/// Sleeps until the master sends a message, there is room for messages that wait, or the bell rings.
fn wait(link: &MasterLink, unsent: bool, timeout: Option<Duration>) -> Result<(), Errno> {
    let mut interest = PollFlags::POLLIN;
    interest.set(PollFlags::POLLOUT, unsent);
    let mut fds = [
        PollFd::new(link.channel().as_fd(), interest),
        PollFd::new(link.bell().as_fd(), PollFlags::POLLIN),
    ];
    let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
        // Rounded up, so that it has passed when poll returns.
        let timeout = timeout.saturating_add(Duration::from_millis(1));
        PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX)
    });
    poll(&mut fds, timeout)?;
    let rung = fds[1].revents().unwrap_or(PollFlags::empty());
    if rung.contains(PollFlags::POLLIN) {
        link.bell().hush();
    } else if !rung.is_empty() {
        // It was closed under us, and so was everything else.
        return Err(Errno::EBADF);
    }
    Ok(())
}

/// Prints one line on stderr, if that needs no waiting for the reader.
fn warn(generation: u64, text: &str) {
    let stderr = io::stderr();
    let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0) {
        let _printed =
            (&stderr).write_all(format!("[selfup child {generation}] {text}\n").as_bytes());
    }
}
