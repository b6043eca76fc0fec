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
//! `app selfup start -- ARGUMENT...` executes the program with these arguments in its own place, as a service with a
//! control socket: with [`Supervise::OnRequest`](crate::Supervise::OnRequest), only then it has a master.
//! `--listen NAME=ADDRESS` has it listen elsewhere than its configuration says.
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
#[cfg(feature = "clap")]
mod operator;
mod prometheus;
mod start;
mod table;
mod words;

use std::{env, ffi::OsString, process::ExitCode};

#[cfg(feature = "clap")]
pub use operator::Operator;
use words::run_words;

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
    Some(ExitCode::from(run_words(service, verb.into_iter().chain(words))))
}
