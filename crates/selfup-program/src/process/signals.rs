//! What the process of the program does on signals that are meant for its master, or for all of a service.

use std::{
    io::{self, Write},
    os::fd::AsFd,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{Blocked, End, Receiver, Signal, discard, is_default, unignore};

use super::standstill;
use crate::{options::Options, serving::shutdown::GracefulShutdown};

/// Makes the restart signal do nothing in this process, and SIGTERM drain it as the options have it:
/// whichever process sent the signal, and whether or not the master received it too (`killall`, `kill -PGID`).
pub(crate) fn settle(options: &Options, drain: &GracefulShutdown) -> io::Result<()> {
    do_nothing_on(options.restart_signal).map_err(io::Error::other)?;
    let timeout = options.terminate_timeout;
    match options.drain_on_terminate {
        Some(true) => drain_on(Signal::TERM, drain.clone(), timeout),
        Some(false) => Ok(()),
        None => {
            // A program that does not know of it would not end before it is killed.
            drain.when_asked(move |drain| {
                if let Err(error) = drain_where_default(&[Signal::TERM], drain, timeout) {
                    warn(&error);
                }
            });
            Ok(())
        }
    }
}

fn warn(error: &io::Error) {
    let text = format!(
        "[selfup] could not have SIGTERM drain this process, which ends it at once: {error}\n"
    );
    let _said = io::stderr().write_all(text.as_bytes());
}

/// Makes this process drain on these signals, as long as the program does not handle or ignore them. The
/// terminate timeout bounds the drain.
pub(crate) fn drain_where_default(
    signals: &[Signal],
    drain: &GracefulShutdown,
    timeout: Duration,
) -> io::Result<()> {
    let mut unhandled = Vec::new();
    for &signal in signals {
        if is_default(signal).map_err(io::Error::other)? {
            unhandled.push(signal);
        }
    }
    if unhandled.is_empty() {
        return Ok(());
    }
    let drain = drain.clone();
    start(
        move || Receiver::for_unhandled(unhandled),
        move |receiver| hear(receiver, &drain, timeout),
    )
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

fn drain_on(signal: Signal, drain: GracefulShutdown, timeout: Duration) -> io::Result<()> {
    let receive = move || {
        // In between, it has its default action; here it is blocked, and in the thread that waits for this.
        unignore(signal)?;
        Receiver::new([signal])
    };
    start(receive, move |mut receiver| hear(&mut receiver, &drain, timeout))
}

/// Starts a thread that receives signals. Without the thread, nobody would look at what is received, so the
/// handlers, which stay for good, are installed by it. No signal is delivered to it.
fn start<R>(
    receive: impl FnOnce() -> selfup_signals::Result<R> + Send + 'static,
    hear: impl FnOnce(R) + Send + 'static,
) -> io::Result<()> {
    let blocked = Blocked::all().map_err(io::Error::other)?;
    let (installed, is_installed) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("selfup-signals".into()).stack_size(STACK);
    thread.spawn(move || match receive() {
        Ok(receiver) => {
            let _heard = installed.send(Ok(()));
            hear(receiver);
        }
        Err(error) => {
            let _heard = installed.send(Err(error));
        }
    })?;
    let installed = is_installed.recv().map_err(io::Error::other)?;
    drop(blocked);
    installed.map_err(io::Error::other)
}

/// The thread calls nothing deep.
const STACK: usize = 64 * 1024;

/// Two signals closer together than this are one request, such as a signal to the whole process group.
const ONE: Duration = Duration::from_secs(1);

/// A master that received the signal too has a deadline of its own, which is to come first.
const MARGIN: Duration = Duration::from_secs(1);

fn hear(receiver: &mut Receiver, drain: &GracefulShutdown, timeout: Duration) {
    wait_readable(receiver, None);
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
        wait_readable(receiver, Some(asked));
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
