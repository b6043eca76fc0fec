//! Lines for people, written by a thread of its own: whoever reads them may not, and is not waited for.

use std::{
    collections::VecDeque,
    io,
    os::fd::AsFd,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::stat::fstat,
    unistd,
};
use selfup_program::process::env;
use selfup_signals::Blocked;

/// How much a line matters, as syslog(3) counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Something could not be done.
    Error = 3,
    /// Somebody should know.
    Warning = 4,
    /// What happens.
    Info = 6,
}

/// So many lines wait at most for somebody to read them.
const MOST: usize = 256;

/// How long the end of the process waits for what is unwritten.
const PATIENCE: Duration = Duration::from_millis(300);

/// Writes lines to stderr, in order, without ever waiting.
///
/// stderr is shared with other processes, so that it can neither be made non-blocking nor asked first
/// whether there is room: another one may take that. So a thread writes, which is started with the
/// first line. Lines for which there is no room are dropped and counted, and how many they were is
/// told once there is.
#[derive(Debug)]
pub struct Stderr {
    prefix: &'static str,
    /// In front of each line is its priority, as sd-daemon(3) has it.
    to_journal: bool,
    shared: Arc<Shared>,
    started: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    dropped: u64,
    /// The thread has one in hand.
    writing: bool,
    closed: bool,
}

impl Stderr {
    /// `prefix` is in front of every line.
    #[must_use]
    pub fn new(prefix: &'static str) -> Self {
        Self { prefix, to_journal: is_journal(), shared: Arc::default(), started: false }
    }

    /// Has a line written, some time.
    pub fn write(&mut self, priority: Priority, text: &str) {
        {
            let mut state = self.shared.lock();
            if state.lines.len() < MOST {
                // Where they would have been.
                let dropped = state.take_dropped().map(|told| self.line(Priority::Warning, &told));
                state.lines.extend(dropped);
                state.lines.push_back(self.line(priority, text));
            } else {
                state.dropped += 1;
            }
        }
        if !self.started {
            self.started = self.start();
        }
        if self.started {
            self.shared.changed.notify_all();
        } else {
            self.write_here();
        }
    }

    /// No thread can be started now: what there seems to be room for is written here.
    fn write_here(&self) {
        let _held_back = Blocked::all();
        let stderr = io::stderr();
        let has_room = || {
            let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
            poll(&mut fds, PollTimeout::ZERO).is_ok_and(|polled| polled > 0)
        };
        let mut state = self.shared.lock();
        while has_room() {
            let Some(line) = state.lines.pop_front() else { return };
            write(line.as_bytes());
        }
    }

    fn line(&self, priority: Priority, text: &str) -> String {
        line(self.prefix, self.to_journal, priority, text)
    }

    fn start(&self) -> bool {
        // What the terminal would stop it for (SIGTTOU), it does not hear of, and writes on.
        let Ok(blocked) = Blocked::all() else { return false };
        let (shared, prefix, to_journal) = (Arc::clone(&self.shared), self.prefix, self.to_journal);
        let thread = thread::Builder::new().name("selfup-stderr".into()).stack_size(STACK);
        let started = thread.spawn(move || shared.write_all(prefix, to_journal)).is_ok();
        drop(blocked);
        started
    }
}

/// The thread calls nothing deep.
const STACK: usize = 64 * 1024;

impl State {
    /// What is told of lines that were dropped.
    fn take_dropped(&mut self) -> Option<String> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0).then(|| format!("{dropped} lines were dropped, since nobody read them"))
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        self.shared.changed.notify_all();
        if self.started {
            let unwritten = |state: &mut State| state.writing || !state.lines.is_empty();
            let wait = self.shared.changed.wait_timeout_while(state, PATIENCE, unwritten);
            drop(wait.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Shared {
    /// Writes until all is written and there will be no more.
    fn write_all(&self, prefix: &str, to_journal: bool) {
        let mut state = self.lock();
        loop {
            let next = state.lines.pop_front().or_else(|| {
                let told = state.take_dropped()?;
                Some(line(prefix, to_journal, Priority::Warning, &told))
            });
            if let Some(next) = next {
                state.writing = true;
                drop(state);
                write(next.as_bytes());
                state = self.lock();
                state.writing = false;
                self.changed.notify_all();
            } else if state.closed {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(prefix: &str, to_journal: bool, priority: Priority, text: &str) -> String {
    let level = if to_journal { format!("<{}>", priority as u8) } else { String::new() };
    // A line break would begin a line without both.
    let text = text.replace('\n', &format!("\n{level}{prefix} "));
    format!("{level}{prefix} {text}\n")
}

/// In one write, so that lines of several processes do not mix.
///
/// Not through the standard library, which holds a lock meanwhile: a hook that writes to stderr would
/// wait for that.
fn write(mut bytes: &[u8]) {
    let stderr = io::stderr();
    while !bytes.is_empty() {
        match unistd::write(&stderr, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            // Somebody else who shares it has made it non-blocking.
            Err(Errno::EAGAIN) => {
                let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
                let _ready = poll(&mut fds, PollTimeout::NONE);
            }
            // A closed stderr is no reason to stop serving.
            Err(_) => return,
        }
    }
}

/// Whether what is written to stderr goes to the journal of systemd, see sd_journal_stream_fd(3).
fn is_journal() -> bool {
    let is_stderr = |told: &str| {
        let (device, inode) = told.split_once(':')?;
        let stat = fstat(io::stderr()).ok()?;
        let (device, inode) = (device.parse::<u64>().ok()?, inode.parse::<u64>().ok()?);
        Some((stat.st_dev, stat.st_ino) == (device, inode))
    };
    env::journal_stream().is_some_and(|told| is_stderr(&told).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_prefix_and_its_priority_in_the_journal() {
        let line = |to_journal| line("[selfup]", to_journal, Priority::Warning, "two\nlines");
        assert_eq!(line(false), "[selfup] two\n[selfup] lines\n");
        assert_eq!(line(true), "<4>[selfup] two\n<4>[selfup] lines\n");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let mut stderr = Stderr::new("[test]");
        // As if the thread had been started, and stood still.
        stderr.started = true;
        for _ in 0..MOST + 3 {
            stderr.write(Priority::Info, "line");
        }
        let state = stderr.shared.lock();
        assert_eq!((state.lines.len(), state.dropped), (MOST, 3));
        drop(state);
        stderr.started = false;
    }
}
