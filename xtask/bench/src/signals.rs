//! From kill(2) on the master to the handler in its child, against kill(2) on a process with the
//! same handler, and against the least that passes signals on.

use super::process;
use super::statistics::{Sample, microseconds};
use super::{Options, Programs};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{Pid, Signal, Value, queue};
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

/// How the program is started, and how that is called in the table.
const WAYS: [(&str, &str); 3] = [
    ("alone", "directly"),
    ("under-the-least", "by the least that does"),
    ("under-selfup", "by selfup's master"),
];

const ROUNDS: usize = 1_000;

/// After each signal, so that the processes that passed it on go back to sleep.
const PAUSE: Duration = Duration::from_millis(1);

/// So many signals are queued at once, each with a value of its own, so many times.
const QUEUED: i32 = 1_000;
const BURSTS: usize = 30;

const PATIENCE: u16 = 20_000;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    let start = |(way, _)| Subject::start(&programs.signalled, way);
    let mut subjects = WAYS.map(start).into_iter().collect::<Result<Vec<_>>>()?;
    println!(
        "  one SIGUSR1 by kill(2) to the byte that its handler writes, {ROUNDS} rounds, in µs"
    );
    print(&by_turns(&mut subjects, ROUNDS, Subject::one)?);
    println!("  {QUEUED} values queued by sigqueue(3) until all are there, {BURSTS} rounds, in µs");
    print(&by_turns(&mut subjects, BURSTS, Subject::burst)?);
    let all = BURSTS as i32 * QUEUED;
    println!("  of {all} values, {all} came to each, in order");
    Ok(())
}

fn by_turns(
    subjects: &mut [Subject],
    rounds: usize,
    measure: fn(&mut Subject) -> Result<Duration>,
) -> Result<Vec<Sample>> {
    let mut samples: Vec<Sample> = subjects.iter().map(|_| Sample::default()).collect();
    for _ in 0..rounds {
        for (subject, sample) in subjects.iter_mut().zip(&mut samples) {
            sample.push(measure(subject)?);
            thread::park_timeout(PAUSE);
        }
    }
    Ok(samples)
}

fn print(samples: &[Sample]) {
    println!(
        "  {:>24}  {:>9}  {:>9}  {:>9}  {:>9}  {:>6}",
        "", "median", "p90", "p99", "added", "ratio"
    );
    for ((_, name), sample) in WAYS.iter().zip(samples) {
        println!(
            "  {name:>24}  {:>9.1}  {:>9.1}  {:>9.1}  {:>9.1}  {:>6.2}",
            microseconds(sample.median()),
            microseconds(sample.quantile(9, 10)),
            microseconds(sample.quantile(99, 100)),
            sample.paired_difference(&samples[0]) * 1e3,
            sample.ratio(&samples[0])
        );
    }
}

/// The program that reports signals, and the process that passes them on to it.
struct Subject {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Subject {
    fn start(program: &Path, way: &str) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(way).stdin(Stdio::null()).stdout(Stdio::piped());
        #[expect(clippy::disallowed_methods, reason = "it is measured, and ended when dropped")]
        let mut process = command.spawn().map_err(|error| failed("could not start", &error))?;
        let output = process.stdout.take().ok_or_else(|| Failure::new("there is no output"))?;
        let mut subject = Self { process, output: BufReader::new(output) };
        match subject.line()?.as_str() {
            "ready" => Ok(subject),
            line => Err(Failure::new(format!("{way}: said {line:?} instead of being ready"))),
        }
    }

    /// Sends one signal, and waits for its byte.
    fn one(&mut self) -> Result<Duration> {
        let sent = Instant::now();
        process::send(self.process.id(), Signal::USR1)?;
        self.wait()?;
        self.output.read_exact(&mut [0]).map_err(|error| failed("could not hear of", &error))?;
        Ok(sent.elapsed())
    }

    /// Queues many signals, and waits for all of their values; each is to come once and in order.
    fn burst(&mut self) -> Result<Duration> {
        let signal = Signal::real_time(0).ok_or_else(|| Failure::new("no real-time signal"))?;
        let pid = Pid::from(&self.process);
        let sent = Instant::now();
        for value in 0..QUEUED {
            queue(pid, signal, Value::from(value))
                .map_err(|error| Failure::new(error.to_string()))?;
        }
        for value in 0..QUEUED {
            let line = self.line()?;
            if line != value.to_string() {
                return Err(Failure::new(format!("{line:?} came in the place of value {value}")));
            }
        }
        Ok(sent.elapsed())
    }

    fn line(&mut self) -> Result<String> {
        if self.output.buffer().is_empty() {
            self.wait()?;
        }
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err(Failure::new("it has ended")),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(failed("could not hear of", &error)),
        }
    }

    /// Waits until there is something to read.
    fn wait(&self) -> Result {
        let mut output = [PollFd::new(self.output.get_ref().as_fd(), PollFlags::POLLIN)];
        match poll(&mut output, PollTimeout::from(PATIENCE)) {
            Ok(0) => Err(Failure::new(format!("no signal arrived in {PATIENCE} ms"))),
            Ok(_) => Ok(()),
            Err(errno) => Err(failed("could not wait for", &errno.into())),
        }
    }
}

impl Drop for Subject {
    /// No process catches the signal: it ends the program, and with that the one in between.
    fn drop(&mut self) {
        // This fails if the process has ended by itself.
        process::send(self.process.id(), Signal::TERM).ok();
        drop(self.process.wait());
    }
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(format!("{what} the program that tells of signals: {error}"))
}
