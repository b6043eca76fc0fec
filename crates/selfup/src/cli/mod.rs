//! The control socket in the program's own command line.
//!
//! The same executable is service and client: `app selfup status` asks the service that
//! [`Config::control`](crate::Config::control) has opened. [`run`] is called before anything else in `main`, and
//! returns `None` if the arguments are the program's own.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     if let Some(code) = selfup::cli::run("app") {
//!         return code;
//!     }
//!     selfup::run(selfup::Config::new(program).control("app"))
//! }
//! # fn program(_: selfup::State) {}
//! ```
//!
//! The forms are `app selfup VERB [OPTION]...` and, for programs whose first argument may be `selfup`,
//! `app --selfup=VERB [OPTION]...`. `app selfup help` lists the verbs and options.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---:|---|
//! | 0 | it is done; without `--wait`, it is taken up |
//! | 1 | it has failed or was refused; the child that served before serves, or the service stops |
//! | 2 | the command line is wrong, or the service does not know the verb |
//! | 3 | the service does not run, or belongs to another user |
//! | 4 | it was not decided in time |

mod arguments;
mod table;

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use selfup_control::{Client, Error, ErrorKind, Outcome, Response, Verb};

use arguments::{Arguments, Command};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_RUNNING: u8 = 3;
const TIMED_OUT: u8 = 4;

/// Runs the command of an operator, if the arguments of this process are one, and returns its exit code. `service`
/// is the name of [`Config::control`](crate::Config::control).
///
/// Returns `None` if the arguments are the program's own.
#[must_use]
pub fn run(service: &str) -> Option<ExitCode> {
    run_with(service, env::args_os().skip(1))
}

/// Does what [`run`] does, with these arguments, for a program that has taken apart its own. The first one is `selfup`
/// or begins with `--selfup=`.
#[must_use]
pub fn run_with(service: &str, arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut words = arguments.into_iter();
    let first = words.next()?;
    let verb = match first.to_str()? {
        "selfup" => words.next(),
        other => Some(other.strip_prefix("--selfup=")?.into()),
    };
    let code = match arguments::parse(verb, words) {
        Ok(Command::Help) => {
            print(arguments::HELP);
            0
        }
        Ok(Command::Ask(arguments)) => ask(service, &arguments),
        Err(problem) => {
            complain(&format!("{problem}; see `selfup help`"));
            USAGE
        }
    };
    Some(ExitCode::from(code))
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
        if (response.event.is_some() || !arguments.json) && !show(&response, arguments.json) {
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
    if code == 0 || arguments.json {
        show(&response, arguments.json);
    } else {
        complain(&response.text);
    }
    Ok(code)
}

/// Prints a response, and returns whether that was possible.
fn show(response: &Response, json: bool) -> bool {
    if json {
        return print(&String::from_utf8_lossy(&response.encode()));
    }
    match &response.status {
        Some(status) => print(&table::of(status, io::stdout().is_terminal())),
        None => print(&format!("{}\n", response.text)),
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
