//! Reads the output of the program `recorder` and of its master.

use crate::sandbox::{PATIENCE, Process};
use selfup_signals::{Pid, Signal, Value, queue, send};
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};

/// How the values of marks begin.
const MARK: i32 = 1_000;

/// The program `recorder` under its master, wherever it was started.
#[derive(Debug)]
pub struct Recorder {
    process: Process,
    master: Pid,
    first: Pid,
    marks: AtomicI32,
}

impl Recorder {
    /// The command that starts it; `executable` is `env!("CARGO_BIN_EXE_recorder")`.
    pub fn command(executable: &str, options: &[&str]) -> Command {
        let mut command = Command::new(executable);
        command.args(options);
        command
    }

    /// Finds the master and its first child below the process, by what the child says. It need not
    /// be ready yet.
    #[track_caller]
    pub fn of(process: Process) -> Self {
        let (first, master) = runs(&process, 1);
        Self { process, master, first, marks: AtomicI32::new(MARK * 1_000) }
    }

    /// The process that was started: the master itself, or a shell above it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The master.
    pub fn master(&self) -> Pid {
        self.master
    }

    /// The first child.
    pub fn first(&self) -> Pid {
        self.first
    }

    /// Waits until this generation runs.
    #[track_caller]
    pub fn runs(&self, generation: u32) -> Pid {
        runs(&self.process, generation).0
    }

    /// Waits until this generation serves.
    #[track_caller]
    pub fn serves(&self, generation: u32) {
        self.wait_reported(&format!("child #{generation} serves"));
    }

    /// Waits until the master reports this.
    #[track_caller]
    pub fn wait_reported(&self, what: &str) {
        self.process.wait_line(&format!("[selfup master] {what}"), PATIENCE);
    }

    /// Whether the master has reported this.
    pub fn has_reported(&self, what: &str) -> bool {
        let line = format!("[selfup master] {what}");
        self.process.lines().iter().any(|said| said.ends_with(&line))
    }

    /// Sends a signal to the master.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        send(self.master, signal).unwrap();
    }

    /// Sends a signal with a value to the master.
    #[track_caller]
    pub fn queue(&self, signal: Signal, value: i32) {
        queue(self.master, signal, Value::from(value)).unwrap();
    }

    /// Waits until this generation has recorded this.
    #[track_caller]
    pub fn records(&self, generation: u32, what: &str) {
        let line = format!("#{generation} {what}");
        // A terminal shows a pressed key in front.
        self.process.wait_line_where(&line, PATIENCE, |said| said.ends_with(&line));
    }

    /// Waits until this generation has recorded a signal that the master passed on.
    #[track_caller]
    pub fn records_from_master(&self, generation: u32, signal: Signal) {
        self.records(generation, &self.passed_on(signal));
    }

    /// How a signal is recorded that the master passed on.
    pub fn passed_on(&self, signal: Signal) -> String {
        format!("{signal} from {}", self.master)
    }

    /// Returns once everything sent to the master before has been passed on, and recorded by this
    /// generation, which serves.
    ///
    /// It takes signals itself, one after the other. Of several that wait, the handler of the one
    /// with the highest number runs first, and all have run before anything else does. So with the
    /// first one everything else has reached the master, with the second the program, and with the
    /// third it is written down.
    #[track_caller]
    pub fn mark(&self, generation: u32) {
        self.mark_as(&format!("#{generation} "));
    }

    /// Marks in the same way, whichever generation serves at the moment.
    #[track_caller]
    pub fn mark_anywhere(&self) {
        self.mark_as(" ");
    }

    #[track_caller]
    fn mark_as(&self, sender: &str) {
        let signal = Signal::from_raw(libc::SIGRTMAX() - 1).unwrap();
        for _ in 0..3 {
            let value = self.marks.fetch_add(1, Ordering::Relaxed);
            self.queue(signal, value);
            let mark = format!("{sender}{signal} with {value} from {}", self.master);
            self.process.wait_line_where(&mark, PATIENCE, |said| said.ends_with(&mark));
        }
    }

    /// All that this generation has recorded, in order, without [`mark`](Self::mark)s.
    pub fn recorded(&self, generation: u32) -> Vec<String> {
        let start = format!("#{generation} SIG");
        let mark = format!(" with {MARK}");
        let record = |line: &String| Some(line[line.find(&start)? + start.len() - 3..].to_owned());
        let lines = self.process.lines();
        lines.iter().filter(|line| !line.contains(&mark)).filter_map(record).collect()
    }

    /// Makes the generation that gets signals from the master exit with this code.
    #[track_caller]
    pub fn end(&self, code: u8) {
        self.queue(Signal::from_raw(libc::SIGRTMAX()).unwrap(), code.into());
    }
}

/// Makes one child exit with this code, without its master.
#[track_caller]
pub fn end_child(child: Pid, code: u8) {
    queue(child, Signal::from_raw(libc::SIGRTMAX()).unwrap(), Value::from(i32::from(code)))
        .unwrap();
}

#[track_caller]
fn runs(process: &Process, generation: u32) -> (Pid, Pid) {
    let line = process.wait_line(&format!("#{generation} runs as "), PATIENCE);
    let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
    let mut pid = || Pid::new(numbers.next().unwrap()).unwrap();
    (pid(), pid())
}
