//! Tests that nothing holds up the master: no full pipe, no flood of messages, and no thread that takes
//! its signals.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use selfup_signals::{Pid, Signal, send};
use selfup_tests::gate::Gate;
use selfup_tests::recorder::{Recorder, end_child};
use selfup_tests::sandbox::{PATIENCE, Sandbox, state_of, wait_until};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

const RECORDER: &str = env!("CARGO_BIN_EXE_recorder");

/// A thread that exists before the master's handlers may take the first SIGCHLD, which then does
/// nothing. It is a race, so it is run again and again.
#[test]
fn a_child_that_dies_at_once_is_noticed_with_other_threads_about() {
    let sandbox = Sandbox::new("early-death");
    for _ in 0..40 {
        let command = Recorder::command(RECORDER, &["thread", "exec-file=/bin/false"]);
        assert_eq!(sandbox.start(command).wait(PATIENCE).code(), Some(1));
    }
    sandbox.finish();
}

/// The master would need hours to report all of it; signals do not wait for that.
#[test]
fn a_child_that_floods_its_master_does_not_hold_up_signals() {
    let sandbox = Sandbox::new("flood");
    let options = ["plain", "floods", "slow-events=50"];
    let recorder = Recorder::of(sandbox.start(Recorder::command(RECORDER, &options)));
    recorder.serves(1);
    recorder.wait_reported("child #1 reports: number");
    recorder.signal(Signal::TERM);
    assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGTERM));
    sandbox.finish();
}

/// A pipe without a reader, filled to the brim.
struct FullPipe {
    end: File,
}

impl FullPipe {
    fn new(sandbox: &Sandbox) -> Self {
        let path = sandbox.join("stderr");
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        sandbox.expect_files(["stderr"]);
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
        let mut end = options.open(&path).unwrap();
        for size in [4096, 1] {
            let fill = vec![b'\n'; size];
            while end.write(&fill).is_ok() {}
        }
        Self { end }
    }

    /// Reads until a line with this text comes, which it returns.
    fn read_until(&mut self, text: &str) -> String {
        let (asked, mut seen) = (Instant::now(), Vec::new());
        loop {
            let mut fds = [PollFd::new(self.end.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::from(100_u8)).unwrap();
            let mut bytes = [0; 4096];
            match self.end.read(&mut bytes) {
                Ok(read) => seen.extend_from_slice(&bytes[..read]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            let lines = String::from_utf8_lossy(&seen);
            let whole = lines.rsplit_once('\n').map_or("", |(whole, _)| whole);
            if let Some(line) = whole.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(asked.elapsed() < PATIENCE, "no “{text}” in\n{}", lines.trim_start());
        }
    }
}

fn with_stderr_full(sandbox: &Sandbox, options: &[&str]) -> (Recorder, FullPipe) {
    let pipe = FullPipe::new(sandbox);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$@\" 2> stderr", "sh", RECORDER]).args(options);
    (Recorder::of(sandbox.start(command)), pipe)
}

#[test]
fn an_unread_stderr_blocks_nothing() {
    let sandbox = Sandbox::new("full-stderr");
    let (recorder, pipe) = with_stderr_full(&sandbox, &[]);
    recorder.signal(Signal::USR1);
    recorder.records_from_master(1, Signal::USR1);
    recorder.signal(Signal::USR2);
    recorder.records(1, "drains");
    recorder.runs(2);
    recorder.signal(Signal::TERM);
    recorder.records_from_master(2, Signal::TERM);
    recorder.end(0);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(0));
    drop(pipe);
    sandbox.finish();
}

#[test]
fn dropped_lines_are_counted_and_reported() {
    let sandbox = Sandbox::new("dropped-lines");
    let (recorder, mut pipe) = with_stderr_full(&sandbox, &[]);
    let signal = Signal::real_time(3).unwrap();
    for value in 0..1000 {
        recorder.queue(signal, value);
    }
    recorder.mark(1);
    let line = pipe.read_until("lines were dropped");
    assert!(line.starts_with("[selfup master] "), "{line}");
    recorder.signal(Signal::USR1);
    pipe.read_until("forwarded SIGUSR1 to child #1");
    recorder.end(7);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(7));
    sandbox.finish();
}

/// Stops all of these for longer than `time`, and continues them, as a cgroup's freezer does.
fn frozen_for(pids: &[Pid], time: Duration) {
    pids.iter().for_each(|pid| send(*pid, Signal::STOP).unwrap());
    let state = |pid: &Pid| state_of(pid.as_raw().unsigned_abs());
    wait_until("all to be stopped", PATIENCE, || pids.iter().all(|pid| state(pid) == Some('T')));
    let stopped = Instant::now();
    wait_until("the time to pass", PATIENCE, || stopped.elapsed() > time);
    // The master first: it is not to look at the clock only when the others run already.
    pids.iter().for_each(|pid| send(*pid, Signal::CONT).unwrap());
}

#[test]
fn a_candidate_that_was_frozen_with_its_master_has_its_time_all_the_same() {
    let sandbox = Sandbox::new("frozen-candidate");
    let gate = Gate::closed(&sandbox, "gate-2");
    let command = Recorder::command(RECORDER, &["ready-timeout=2500"]);
    let recorder = Recorder::of(sandbox.start(command));
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    let all = [recorder.master(), recorder.first(), recorder.runs(2)];
    frozen_for(&all, Duration::from_secs(5));
    recorder.wait_reported("nothing ran for");
    gate.open();
    recorder.serves(2);
    assert!(!recorder.has_reported("killed child #2: it was not ready within the ready timeout"));
    recorder.end(0);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}

#[test]
fn a_draining_child_that_was_frozen_with_its_master_has_its_time_all_the_same() {
    let sandbox = Sandbox::new("frozen-drain");
    let command = Recorder::command(RECORDER, &["hold", "terminate=2500"]);
    let recorder = Recorder::of(sandbox.start(command));
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.records(1, "drains");
    recorder.serves(2);
    let all = [recorder.master(), recorder.first(), recorder.runs(2)];
    frozen_for(&all, Duration::from_secs(5));
    recorder.wait_reported("nothing ran for");
    end_child(recorder.first(), 0);
    recorder.wait_reported("child #1 exited with code 0");
    recorder.end(0);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}

/// The child has no control channel any more, so that it cannot be asked to drain.
#[test]
fn a_child_that_became_another_program_is_ended_by_sigterm() {
    let sandbox = Sandbox::new("executed");
    let command = Recorder::command(RECORDER, &["executes=sleep 1000", "terminate=600000"]);
    let recorder = Recorder::of(sandbox.start(command));
    recorder.serves(1);
    recorder.wait_reported("child #1 has closed its control channel");
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    recorder.wait_reported("child #1 was killed by SIGTERM");
    assert!(!recorder.has_reported("draining child #1"));
    // What it gets before it executes the other program is its own.
    recorder.wait_reported("child #2 has closed its control channel");
    recorder.signal(Signal::TERM);
    assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGTERM));
    sandbox.finish();
}
