//! Does what the words of an operator ask for.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
};

use selfup_control::{Client, Error, ErrorKind, Outcome, Response, Verb};

use super::{
    arguments::{self, Arguments, Command, Format},
    prometheus, table,
};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_RUNNING: u8 = 3;
const TIMED_OUT: u8 = 4;

/// Does what a verb and the words behind it ask for.
pub(super) fn run_words(service: &str, mut words: impl Iterator<Item = OsString>) -> u8 {
    match arguments::parse(words.next(), words) {
        Ok(Command::Help) => {
            print(arguments::HELP);
            0
        }
        Ok(Command::Ask(arguments)) => ask(service, &arguments),
        Ok(Command::Start(start)) => {
            complain(&start.run(service));
            FAILED
        }
        Err(problem) => {
            complain(&format!("{problem}; see `selfup help`"));
            USAGE
        }
    }
}

fn ask(service: &str, arguments: &Arguments) -> u8 {
    match try_to_ask(service, arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(&selfup_master::error::Chain(&error).to_string());
            match error.kind() {
                ErrorKind::NotRunning | ErrorKind::Denied => NOT_RUNNING,
                ErrorKind::TimedOut => TIMED_OUT,
                ErrorKind::Place => USAGE,
                _ => FAILED,
            }
        }
    }
}

fn try_to_ask(service: &str, arguments: &Arguments) -> Result<u8, Error> {
    let mut client = match &arguments.socket {
        Some(path) => Client::connect_to(path)?,
        None => Client::connect(arguments.service.as_deref().unwrap_or(service))?,
    };
    let mut response = client.ask(&arguments.request, arguments.timeout)?;
    let is_stream = arguments.request.verb == Verb::Events;
    while is_stream && response.outcome == Outcome::Accepted {
        let is_due = response.event.is_some() || arguments.format != Format::Json;
        if is_due && !show(&response, arguments.format) {
            // The reader of the events has gone.
            return Ok(0);
        }
        response = client.next_event()?;
    }
    let code = match response.outcome {
        Outcome::Done | Outcome::Accepted => 0,
        Outcome::Malformed | Outcome::Unsupported => USAGE,
        Outcome::Denied => NOT_RUNNING,
        _ => FAILED,
    };
    if code == 0 || arguments.format == Format::Json {
        show(&response, arguments.format);
    } else {
        complain(&response.text);
    }
    Ok(code)
}

/// Prints a response, and returns whether that was possible.
fn show(response: &Response, format: Format) -> bool {
    match (format, &response.status) {
        (Format::Json, _) => print(&String::from_utf8_lossy(&response.encode())),
        (Format::Prometheus, Some(status)) => print(&prometheus::of(status)),
        (Format::Text, Some(status)) => print(&table::of(status, io::stdout().is_terminal())),
        (Format::Text | Format::Prometheus, None) => print(&format!("{}\n", response.text)),
    }
}

fn print(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

fn complain(text: &str) {
    // There is nowhere else to say it.
    let _said = writeln!(io::stderr().lock(), "selfup: {text}");
}
