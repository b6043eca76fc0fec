//! Writes lines to stderr on a thread of its own, so that a reader that stalls blocks nothing else.

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

/// The priority of a line, with the numbers of syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Something failed.
    Error = 3,
    /// Something may need attention.
    Warning = 4,
    /// Something happened as planned.
    Info = 6,
}

/// The most lines that wait to be written.
const MOST: usize = 256;

/// How long the end of the process waits for lines to be written.
const PATIENCE: Duration = Duration::from_millis(300);

/// Writes lines to stderr, in order, without blocking the caller.
///
/// stderr is shared with other processes. So it cannot be made non-blocking, and room that poll(2) reports may
/// be taken by another process. A thread writes instead, which the first line starts. Lines for which there
/// is no room are dropped, and their number is reported once there is room again.
#[derive(Debug)]
pub struct Stderr {
    prefix: &'static str,
    /// Whether each line begins with its priority, as sd-daemon(3) describes.
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
    /// Whether the thread is writing a line.
    writing: bool,
    closed: bool,
}

impl Stderr {
    /// Creates a writer that begins every line with `prefix`.
    #[must_use]
    pub fn new(prefix: &'static str) -> Self {
        Self { prefix, to_journal: is_journal(), shared: Arc::default(), started: false }
    }

    /// Queues a line.
    pub fn write(&mut self, priority: Priority, text: &str) {
        {
            let mut state = self.shared.lock();
            if state.lines.len() < MOST {
                // This stands where the dropped lines would have been.
                let dropped = state.take_dropped().map(|text| self.line(Priority::Warning, &text));
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

    /// Writes the lines for which there seems to be room, because no thread can be started now.
    fn write_here(&self) {
        let _blocked = Blocked::all();
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
        // A thread that blocks SIGTTOU may write to the terminal from the background.
        let Ok(blocked) = Blocked::all() else { return false };
        let (shared, prefix, to_journal) = (Arc::clone(&self.shared), self.prefix, self.to_journal);
        let thread = thread::Builder::new().name("selfup-stderr".into()).stack_size(STACK);
        let started = thread.spawn(move || shared.write_all(prefix, to_journal)).is_ok();
        drop(blocked);
        started
    }
}

/// The thread's stack. It makes no deep calls.
const STACK: usize = 64 * 1024;

impl State {
    /// Returns the line about dropped lines, if there are any.
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
    /// Writes lines until the queue is closed and empty.
    fn write_all(&self, prefix: &str, to_journal: bool) {
        let mut state = self.lock();
        loop {
            let next = state.lines.pop_front().or_else(|| {
                let text = state.take_dropped()?;
                Some(line(prefix, to_journal, Priority::Warning, &text))
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
    // Each line of the text needs both.
    let text = text.replace('\n', &format!("\n{level}{prefix} "));
    format!("{level}{prefix} {text}\n")
}

/// Writes a line in one call, so that lines of several processes do not mix.
///
/// This does not use the standard library, which holds a lock during the write: a hook that writes to stderr
/// would wait for that lock.
fn write(mut bytes: &[u8]) {
    let stderr = io::stderr();
    while !bytes.is_empty() {
        match unistd::write(&stderr, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            // Another process that shares it has made it non-blocking.
            Err(Errno::EAGAIN) => {
                let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
                let _ready = poll(&mut fds, PollTimeout::NONE);
            }
            // A closed stderr is no reason to stop serving.
            Err(_) => return,
        }
    }
}

/// Returns whether stderr goes to the journal of systemd, see sd_journal_stream_fd(3).
fn is_journal() -> bool {
    let is_stderr = |stream: &str| {
        let (device, inode) = stream.split_once(':')?;
        let stat = fstat(io::stderr()).ok()?;
        let (device, inode) = (device.parse::<i128>().ok()?, inode.parse::<i128>().ok()?);
        Some((i128::from(stat.st_dev), i128::from(stat.st_ino)) == (device, inode))
    };
    env::journal_stream().is_some_and(|stream| is_stderr(&stream).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_prefix_and_in_the_journal_the_priority() {
        let line = |to_journal| line("[selfup]", to_journal, Priority::Warning, "two\nlines");
        assert_eq!(line(false), "[selfup] two\n[selfup] lines\n");
        assert_eq!(line(true), "<4>[selfup] two\n<4>[selfup] lines\n");
    }

    #[test]
    fn lines_without_room_are_counted() {
        let mut stderr = Stderr::new("[test]");
        // As if the thread had been started, and were blocked.
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
