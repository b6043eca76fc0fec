//! A process under test, spoken to through its standard input and output.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use selfup_signals::{Pid, Signal, queue, send};

pub(crate) struct Subject {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

/// The command that plays one of the actors.
pub(crate) fn actor(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--actor").args(arguments);
    command
}

/// The command `before… actor arguments…`, for programs that start another.
pub(crate) fn actor_under(before: &[&str], arguments: &[&str]) -> Command {
    let actor = actor(arguments);
    let mut command = Command::new(before[0]);
    command.args(&before[1..]).arg(actor.get_program()).args(actor.get_args());
    command
}

/// The same command as the foreground job of a new pseudo-terminal.
pub(crate) fn in_terminal(command: &Command) -> Command {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command"]).arg(format!("exec {}", words.join(" ")));
    script.arg("/dev/null");
    script
}

impl Subject {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a subject");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output }
    }

    /// Starts a subject that says "ready" when it is.
    pub(crate) fn ready(command: &mut Command) -> Self {
        let mut subject = Self::start(command);
        assert_eq!(subject.line(), "ready");
        subject
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from(&self.child)
    }

    pub(crate) fn send(&self, signal: Signal) {
        send(self.pid(), signal).unwrap();
    }

    pub(crate) fn queue(&self, signal: Signal, value: i32) {
        queue(self.pid(), signal, value.into()).unwrap();
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.input.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the next line; without its line end, be that a terminal's or not.
    pub(crate) fn line(&mut self) -> String {
        let line = self.output.next().expect("another line").unwrap();
        line.trim_end().to_owned()
    }

    /// Closes its input and returns what else it says, and how it ended.
    pub(crate) fn finish(mut self) -> (Vec<String>, ExitStatus) {
        self.input = None;
        let rest = self.output.map(|line| line.unwrap().trim_end().to_owned()).collect();
        (rest, self.child.wait().unwrap())
    }
}

/// Runs a command to its end and returns what it says, asserting that it ends well.
pub(crate) fn output(command: &mut Command) -> String {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{command:?} failed after {text:?}");
    text
}
