//! Test binaries, several at once: most tests wait for something most of the time.

use super::binaries::Binary;
use crate::command::cargo;
use crate::step::seconds;
use crate::style;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

/// What is run: a command, and how a person would run it alone.
pub(super) struct Job {
    pub(super) command: Command,
    pub(super) typed: String,
}

impl Job {
    pub(super) fn of(binary: &Binary) -> Self {
        let mut command = Command::new(&binary.path);
        command.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder);
        command.envs(binary.programs.iter().cloned());
        Self { command, typed: binary.command() }
    }

    pub(super) fn doc_tests() -> Self {
        let words = ["test", "--workspace", "--doc", "--no-fail-fast"];
        Self { command: cargo(&words), typed: format!("cargo {}", words.join(" ")) }
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }
}

/// Runs all of them, so many at a time, and shows what each has printed when it has ended. Those that
/// failed.
pub(super) fn run(jobs: Vec<Job>, at_once: usize) -> Vec<String> {
    let jobs = Mutex::new(jobs.into_iter());
    let next = || jobs.lock().ok()?.next();
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(job) = next() {
                    if let (Some(name), Ok(mut failed)) = (run_one(job), failed.lock()) {
                        failed.push(name);
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_default()
}

/// Its name, if it fails.
fn run_one(mut job: Job) -> Option<String> {
    let start = Instant::now();
    let mut output = format!("\n{}\n", style::heading(&job.typed));
    let outcome = follow(&mut job.command, |line| {
        if line.contains("has been running for over") {
            println!("{}: {line}", job.typed);
        }
        output.push_str(line);
        output.push('\n');
    });
    let took = seconds(start.elapsed());
    match outcome {
        Ok(end) if end.success() => println!("{output}({took})"),
        Ok(end) => println!("{output}{} ({took})", style::bad(&end.to_string())),
        Err(ref error) => println!("{output}{}", style::bad(&error.to_string())),
    }
    (!outcome.is_ok_and(|end| end.success())).then_some(job.typed)
}

/// Starts it, and hands over the lines of both its streams as they come, until it has ended: what it
/// may have left running does not hold this up.
#[expect(clippy::disallowed_methods, reason = "its output is read while it runs")]
fn follow(command: &mut Command, mut line: impl FnMut(&str)) -> io::Result<ExitStatus> {
    const LOOK: Duration = Duration::from_millis(50);
    const LAST_WORDS: Duration = Duration::from_secs(1);
    let (reader, writer) = pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // While this process held the writing ends, there would be no end of the lines.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = lines(reader);
    loop {
        let end = child.try_wait()?;
        match (lines.recv_timeout(if end.is_some() { LAST_WORDS } else { LOOK }), end) {
            (Ok(said), _) => line(&said),
            (Err(_), Some(end)) => return Ok(end),
            (Err(RecvTimeoutError::Disconnected), None) => return child.wait(),
            (Err(RecvTimeoutError::Timeout), None) => {}
        }
    }
}

/// The lines, from a thread that ends with them.
fn lines(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
            if sender.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Job {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Job { command, typed: script.to_owned() }
    }

    #[test]
    fn those_that_fail_are_told_and_stop_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let touch = format!("touch {}", folder.path().join("ran").display());
        let failed = run(vec![shell("exit 3"), shell(&touch), shell("kill -9 $$")], 2);
        assert_eq!(failed.len(), 2, "{failed:?}");
        assert!(folder.path().join("ran").exists());
    }

    #[test]
    fn two_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let jobs = vec![
            shell(&format!("echo hello > {}", fifo.display())),
            shell(&format!("read word < {}; [ $word = hello ]", fifo.display())),
        ];
        assert_eq!(run(jobs, 2), [""; 0]);
    }

    #[test]
    fn both_streams_are_heard_line_by_line() {
        let mut heard = Vec::new();
        let mut job = shell("echo one; echo two >&2; printf three");
        let end = follow(&mut job.command, |line| heard.push(line.to_owned())).unwrap();
        assert!(end.success());
        assert_eq!(heard, ["one", "two", "three"]);
    }

    #[test]
    fn what_is_left_running_is_not_waited_for() {
        let mut job = shell("sleep 1000 & echo $!");
        let mut left = String::new();
        assert!(follow(&mut job.command, |line| left = line.to_owned()).unwrap().success());
        assert!(Command::new("kill").arg(left).status().unwrap().success());
    }
}
