//! Watches a probed process until it has ended.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::sys::wait::wait_until_ended;

/// The most bytes that are kept of each stream. More on the standard output ends the probe.
pub(super) const LIMIT: usize = 4096;

/// What a probed process did.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// How it ended by itself, or `None` if it had to be killed.
    pub(super) ended: Option<ExitStatus>,
    /// Whether every copy of its standard output is closed.
    pub(super) closed: bool,
    /// Whether it printed more than [`LIMIT`].
    pub(super) flooded: bool,
}

/// Watches until the process has ended and closed its output, floods it, or the deadline passes. In any case, no
/// process of its group is left.
pub(super) fn watch(mut child: Child, until: Instant) -> io::Result<Seen> {
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let mut seen = Seen::default();
    let result = follow(&mut child, pid, until, &mut seen);
    if seen.ended.is_none() {
        finish(&mut child, pid)?;
    }
    result.map(|()| seen)
}

fn follow(child: &mut Child, pid: Pid, until: Instant, seen: &mut Seen) -> io::Result<()> {
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    let mut end = Some(announce_end(pid)?);
    while !seen.flooded && (end.is_some() || stdout.is_some()) {
        let streams = [
            end.as_ref().map(AsFd::as_fd),
            stdout.as_ref().map(AsFd::as_fd),
            stderr.as_ref().map(AsFd::as_fd),
        ];
        let Some([ended, printed, complained]) = readable(streams, until)? else { break };
        if printed {
            seen.flooded = !take_up(&mut stdout, &mut seen.stdout)?;
            seen.closed = stdout.is_none();
        }
        if complained {
            take_up(&mut stderr, &mut seen.stderr)?;
        }
        if ended {
            end = None;
            seen.ended = Some(finish(child, pid)?);
        }
    }
    Ok(())
}

/// Returns a pipe that closes when the process has ended. The process stays a zombie, so its pid and its group
/// are not reused.
fn announce_end(pid: Pid) -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    let wait = move || {
        let _closed_at_the_end: PipeWriter = writer;
        wait_until_ended(pid);
    };
    thread::Builder::new().name("selfup-probe".into()).spawn(wait)?;
    Ok(reader)
}

/// Kills the group, then reaps its leader. In the other order, the number could have been reused.
fn finish(child: &mut Child, pid: Pid) -> io::Result<ExitStatus> {
    // Either may find no process any more, which is fine.
    killpg(pid, Signal::SIGKILL).ok();
    child.kill().ok();
    child.wait()
}

/// Returns which of the streams have data or are closed, or none at the deadline.
fn readable<const N: usize>(
    streams: [Option<std::os::fd::BorrowedFd<'_>>; N],
    until: Instant,
) -> io::Result<Option<[bool; N]>> {
    let mut fds: Vec<_> =
        streams.iter().flatten().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)).collect();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        // Round up, so that the last millisecond is no busy loop.
        let timeout =
            PollTimeout::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, timeout) {
            Ok(0) if Instant::now() >= until => return Ok(None),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    let mut results = fds.iter().map(|fd| fd.any() != Some(false));
    Ok(Some(streams.map(|stream| stream.is_some() && results.next() == Some(true))))
}

/// Reads once, keeps up to [`LIMIT`] bytes, and closes the stream at its end. Returns whether everything was kept.
fn take_up(stream: &mut Option<impl Read>, kept: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = [0; LIMIT];
    let Some(reader) = stream else { return Ok(true) };
    match reader.read(&mut piece) {
        Ok(0) => {
            *stream = None;
            Ok(true)
        }
        Ok(length) => {
            let room = LIMIT - kept.len();
            kept.extend(&piece[..length.min(room)]);
            Ok(length <= room)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}
