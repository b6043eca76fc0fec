//! Runs several test executables at once: most tests wait for something most of the time.

use super::binaries::Binary;
use crate::command::cargo;
use crate::follow::follow;
use crate::step::seconds;
use crate::style;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Job {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Job { command, typed: script.to_owned() }
    }

    #[test]
    fn those_that_fail_are_reported_and_stop_no_other() {
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
}
