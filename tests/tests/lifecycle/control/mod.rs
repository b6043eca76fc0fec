//! Tests of the control socket and of its command line, with services that run.

mod clients;
mod decided;
mod orders;
mod pages;
mod schema;
mod starting;
mod verbs;

use selfup_tests::sandbox::{PATIENCE, Process};
use selfup_tests::service::{Deployment, Service};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::APP;

/// Longer than any test.
const LONG: &str = "probation=600000";

/// A deployment in which version 1 is installed.
fn deployed(name: &str) -> Deployment {
    let (deployment, _) = Deployment::with(name, APP, "version=1");
    deployment.sandbox().expect_files(["loading"]);
    deployment
}

/// Starts a service with a control socket in the sandbox.
fn start(deployment: &Deployment, words: &[&str]) -> Service {
    let mut command = Command::new(deployment.program());
    command.args(["address=127.0.0.1:0", "control=app"]).args(words);
    let service = deployment.start_as(near(deployment, command));
    wait_phase(deployment, &[r#""phase":"serving""#]);
    service
}

/// Has a command look for the socket in the sandbox.
fn near(deployment: &Deployment, mut command: Command) -> Command {
    command.env("XDG_RUNTIME_DIR", deployment.sandbox().path()).env_remove("RUNTIME_DIRECTORY");
    command
}

fn socket(deployment: &Deployment) -> PathBuf {
    deployment.sandbox().join("app.sock")
}

/// The command line of an operator. It is a release of its own, so that no release that is broken answers.
fn operator(deployment: &Deployment, words: &str) -> Command {
    let mut command = Command::new(APP);
    command.arg("selfup").args(words.split_whitespace());
    near(deployment, command)
}

/// Runs it to its end.
fn run(deployment: &Deployment, words: &str) -> Answer {
    let words = format!("{words} --timeout 60");
    Answer::of(&operator(deployment, &words).output().unwrap())
}

/// Starts it, and waits for it later.
fn begin(deployment: &Deployment, words: &str) -> Process {
    deployment.sandbox().start(operator(deployment, words))
}

/// Waits for the end of an operator.
fn end_of(process: &Process) -> Answer {
    let code = process.wait(PATIENCE).code().unwrap();
    Answer { code, text: process.wait_all_lines(PATIENCE).join("\n") }
}

/// What an operator is told.
#[derive(Debug)]
struct Answer {
    code: i32,
    text: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        Self { code: output.status.code().unwrap(), text: String::from_utf8(text).unwrap() }
    }

    /// Checks the exit code, and that all of these words are there.
    #[track_caller]
    fn is(&self, code: i32, words: &[&str]) {
        let has_all = words.iter().all(|word| self.text.contains(word));
        assert!(self.code == code && has_all, "{code} {words:?} expected: {self:?}");
    }
}

/// Sends a line, and returns the response.
fn raw(deployment: &Deployment, line: &str) -> String {
    let mut stream = UnixStream::connect(socket(deployment)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut response = String::new();
    BufReader::new(stream).read_line(&mut response).unwrap();
    response
}

/// Waits until a restart is under way, or waits.
#[track_caller]
fn wait_phase(deployment: &Deployment, words: &[&str]) {
    selfup_tests::sandbox::wait_until(&format!("{words:?}"), PATIENCE, || {
        let status = raw(deployment, r#"{"verb":"status"}"#);
        words.iter().all(|word| status.contains(word))
    });
}
