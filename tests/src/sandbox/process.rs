//! A program that a sandbox has started.

use super::transcript::{NoLine, Transcript};
use super::wait::{try_wait_for, wait_until};
use super::{listening, sys};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use std::ffi::c_int;
use std::fmt;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A program that a [`Sandbox`](super::Sandbox) started. Dropping this leaves it running: the
/// sandbox ends it.
#[derive(Debug)]
pub struct Process {
    running: Arc<Running>,
}

/// What the sandbox itself keeps of a process.
#[derive(Debug)]
pub(super) struct Running {
    label: String,
    pid: u32,
    child: Mutex<Child>,
    transcript: Arc<Transcript>,
    signalled: AtomicBool,
}

impl Running {
    pub(super) fn start(mut command: Command, start: Instant) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = Self::spawn(command, start);
        {
            let mut child = running.child.lock().unwrap();
            running.transcript.record("out", child.stdout.take().unwrap());
            running.transcript.record("err", child.stderr.take().unwrap());
        }
        running
    }

    /// Starts the command with the streams it has.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts a test's programs")]
    pub(super) fn spawn(mut command: Command, start: Instant) -> Self {
        let label = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().unwrap_or_else(|error| panic!("start {label}: {error}"));
        let (pid, child) = (child.id(), Mutex::new(child));
        let (transcript, signalled) = (Transcript::new(start), AtomicBool::new(false));
        Self { label, pid, child, transcript, signalled }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn transcript(&self) -> &Arc<Transcript> {
        &self.transcript
    }

    /// How it ended, if it has.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().unwrap()
    }

    /// Whether it has ended. It stays a zombie until its exit status is collected.
    pub(super) fn has_ended(&self) -> bool {
        let pid = Id::Pid(Pid::from_raw(self.pid.cast_signed()));
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        // A process that cannot be waited for any more has been waited for.
        !matches!(waitid(pid, look), Ok(WaitStatus::StillAlive))
    }

    /// Whether the test has sent it a signal, so that its end is no surprise.
    pub(super) fn was_signalled(&self) -> bool {
        self.signalled.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.status().map_or("running".to_owned(), |status| status.to_string());
        writeln!(f, "{} (pid {}), {end}:", self.label, self.pid)?;
        write!(f, "{}", self.transcript)
    }
}

impl Process {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self { running }
    }

    /// Its process id. It stays taken, if only by a zombie, until the process was waited for.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.pid
    }

    /// Sends a signal, by its number so that real-time signals can be sent too.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    #[track_caller]
    pub fn signal(&self, signal: c_int) {
        let end = self.signal_unless_ended(signal);
        assert!(end.is_none(), "signal {signal} is too late for {}: {end:?}", self.running.label);
    }

    /// Sends a signal as [`signal`](Self::signal) does, if the process has not ended. Returns its end otherwise.
    pub fn signal_unless_ended(&self, signal: c_int) -> Option<ExitStatus> {
        // It has not been waited for, so that no other process can have its number.
        let mut child = self.running.child.lock().unwrap();
        let end = child.try_wait().unwrap();
        if end.is_none() {
            self.running.signalled.store(true, Ordering::Relaxed);
            sys::kill(self.running.pid, signal).unwrap();
        }
        end
    }

    /// The first line with this text in it that no wait has returned before, from either stream.
    ///
    /// # Panics
    ///
    /// If no such line comes in time, or all streams end without one.
    #[track_caller]
    pub fn wait_line(&self, text: &str, within: Duration) -> String {
        self.wait_line_where(&format!("“{text}”"), within, |line| line.contains(text))
    }

    /// The first line that satisfies the condition and that no wait has returned before.
    ///
    /// # Panics
    ///
    /// If no such line comes in time, or all streams end without one; `what` names it then.
    #[track_caller]
    pub fn wait_line_where(
        &self,
        what: &str,
        within: Duration,
        condition: impl Fn(&str) -> bool,
    ) -> String {
        match self.running.transcript.take(within, condition) {
            Ok(line) => line,
            Err(NoLine::Late) => {
                panic!("{} wrote no {what} in {} s", self.running.label, within.as_secs_f32())
            }
            Err(NoLine::Ended) => panic!("{} ended without {what}", self.running.label),
        }
    }

    /// Everything written so far, taken or not.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.running.transcript.lines()
    }

    /// Everything it wrote, once it and all other holders of its streams have closed them.
    ///
    /// # Panics
    ///
    /// If a process still holds a stream when the time is over.
    #[track_caller]
    pub fn wait_all_lines(&self, within: Duration) -> Vec<String> {
        let what = format!("the end of what {} writes", self.running.label);
        wait_until(&what, within, || self.running.transcript.ended());
        self.lines()
    }

    /// How it ended, once it has.
    ///
    /// # Panics
    ///
    /// If it has not ended in time.
    #[track_caller]
    pub fn wait(&self, within: Duration) -> ExitStatus {
        try_wait_for(within, || self.running.status()).unwrap_or_else(|| {
            panic!("{} still runs after {} s", self.running.label, within.as_secs_f32())
        })
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn status(&self) -> Option<ExitStatus> {
        self.running.status()
    }

    /// Returns once the condition holds, which is for this process to bring about.
    ///
    /// # Panics
    ///
    /// If it does not hold in time, or not when the process has ended; `what` completes the sentence
    /// "waited for …".
    #[track_caller]
    pub fn wait_until(&self, what: &str, within: Duration, mut condition: impl FnMut() -> bool) {
        let holds = try_wait_for(within, || {
            // Asked first: what it did before it ended counts.
            let end = self.status();
            match (condition(), end) {
                (true, _) => Some(Ok(())),
                (false, None) => None,
                (false, end) => Some(Err(end)),
            }
        });
        let label = &self.running.label;
        match holds {
            Some(Ok(())) => {}
            Some(Err(end)) => panic!("{label} ended without {what}: {}", description(end)),
            None => panic!("waited for {what}, in vain for {} s", within.as_secs_f32()),
        }
    }

    /// The address that it, or a child of it, accepts TCP connections on, once there is one. So a
    /// program can be given port 0 and asked afterwards.
    ///
    /// # Panics
    ///
    /// If it listens nowhere in time, or ends.
    #[track_caller]
    pub fn wait_listening(&self, within: Duration) -> SocketAddr {
        let label = &self.running.label;
        let found = try_wait_for(within, || {
            let end = self.status();
            assert!(end.is_none(), "{label} ended before it listened: {}", description(end));
            listening::tcp_listeners(self.pid()).first().copied()
        });
        found.unwrap_or_else(|| panic!("{label} does not listen in {} s", within.as_secs_f32()))
    }
}

fn description(end: Option<ExitStatus>) -> String {
    match end {
        Some(end) if end.signal().is_some() => format!("killed by {end}"),
        Some(end) => end.to_string(),
        None => "running".to_owned(),
    }
}
