//! What the process of the program does on signals that are meant for its master, or for all of a service.

use std::{
    io,
    os::fd::AsFd,
    thread,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{Blocked, End, Receiver, Signal, discard, is_default, unignore};

use super::standstill;
use crate::{options::Options, serving::shutdown::GracefulShutdown};

/// Makes the restart signal do nothing in this process, and SIGTERM drain it, if the options ask for that:
/// whichever process sent the signal, and whether or not the master received it too (`killall`, `kill -PGID`).
pub(crate) fn settle(options: &Options, drain: &GracefulShutdown) -> io::Result<()> {
    do_nothing_on(options.restart_signal).map_err(io::Error::other)?;
    if options.drain_on_terminate {
        drain_on(vec![Signal::TERM], drain.clone(), options.terminate_timeout)?;
    }
    Ok(())
}

/// Makes this process drain on SIGTERM and SIGINT, unless the program handles or ignores them. The terminate
/// timeout bounds the drain.
pub(crate) fn drain_where_default(drain: &GracefulShutdown, timeout: Duration) -> io::Result<()> {
    let mut signals = Vec::new();
    for signal in [Signal::TERM, Signal::INT] {
        if is_default(signal).map_err(io::Error::other)? {
            signals.push(signal);
        }
    }
    match signals.is_empty() {
        true => Ok(()),
        false => drain_on(signals, drain.clone(), timeout),
    }
}

/// A handler, and no `SIG_IGN`: what the program starts does not inherit it.
fn do_nothing_on(signal: Signal) -> selfup_signals::Result<()> {
    // In between, the signal has its default action.
    let held_back = Blocked::all()?;
    unignore(signal)?;
    let discarded = discard(signal);
    drop(held_back);
    discarded
}

fn drain_on(signals: Vec<Signal>, drain: GracefulShutdown, timeout: Duration) -> io::Result<()> {
    // In between, the signals have their default actions; and the thread is to receive none.
    let blocked = Blocked::all().map_err(io::Error::other)?;
    for signal in &signals {
        unignore(*signal).map_err(io::Error::other)?;
    }
    let receiver = Receiver::new(signals).map_err(io::Error::other)?;
    let thread = thread::Builder::new().name("selfup-signals".into()).stack_size(STACK);
    thread.spawn(move || hear(receiver, &drain, timeout))?;
    drop(blocked);
    Ok(())
}

/// The thread calls nothing deep.
const STACK: usize = 64 * 1024;

/// Two signals closer together than this are one request, such as a signal to the whole process group.
const ONE: Duration = Duration::from_secs(1);

/// A master that received the signal too has a deadline of its own, which is to come first.
const MARGIN: Duration = Duration::from_secs(1);

fn hear(mut receiver: Receiver, drain: &GracefulShutdown, timeout: Duration) {
    wait_readable(&receiver, None);
    let first = Instant::now();
    drain.request();
    let mut left = timeout.saturating_add(MARGIN);
    loop {
        let again = receiver.pending().next();
        if let Some(again) = again.filter(|_| first.elapsed() > ONE) {
            // A second request is not to wait.
            End::Signaled { signal: again.signal, core_dumped: false }.mirror()
        }
        if left.is_zero() {
            End::Signaled { signal: Signal::KILL, core_dumped: false }.mirror()
        }
        let (asked, before) = (left.min(standstill::LOOK), Instant::now());
        wait_readable(&receiver, Some(asked));
        let slept = before.elapsed();
        let lost = standstill::lost(asked, slept).unwrap_or_default();
        left = left.saturating_sub(slept.saturating_sub(lost));
    }
}

fn wait_readable(receiver: &Receiver, within: Option<Duration>) {
    let timeout = within.map_or(PollTimeout::NONE, |within| {
        // Rounded up, so that it has passed when poll returns.
        let within = within.saturating_add(Duration::from_millis(1));
        PollTimeout::try_from(within).unwrap_or(PollTimeout::MAX)
    });
    // Signals are blocked in this thread: it is not interrupted.
    let _ready = poll(&mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)], timeout);
}
