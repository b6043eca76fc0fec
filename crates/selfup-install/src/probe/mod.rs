//! The probe: runs a new executable once, to check that it starts and responds.

use std::ffi::{CString, OsStr};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollTimeout, poll};

use crate::error::{Error, ErrorKind, Result};
use crate::identity::open_regular;
use crate::preflight::no_exec;
use crate::sys;
use crate::target::Target;

mod environment;
mod judge;
mod watch;

/// The environment variable that marks a probe. Its value is the token.
pub const PROBE_VARIABLE: &str = "SELFUP_BIN_CHECK";

/// Returns what a program that finds [`PROBE_VARIABLE`] in its environment has to print on its standard output,
/// and nothing else, before it exits with code 0.
///
/// # Examples
///
/// ```
/// use std::ffi::{CString, OsStr};
///
/// assert_eq!(selfup_install::probe_answer(OsStr::new("5f3a")), b"5f3a\n");
/// ```
#[must_use]
pub fn probe_answer(token: &OsStr) -> Vec<u8> {
    let mut answer = token.as_bytes().to_vec();
    answer.push(b'\n');
    answer
}

/// A probe: the new executable is run once before it is installed.
///
/// It is run under the conditions of a real start: from the target's directory, with the environment and the
/// working directory of this process, in case it needs `LD_LIBRARY_PATH` for example. Variables that concern
/// this process alone are removed (`SELFUP_*`, `LISTEN_*`, `NOTIFY_SOCKET`, `WATCHDOG_*`), and
/// [`PROBE_VARIABLE`] is added. The executable gets a session and process group of its own, no arguments, and
/// default signals. It has to print the random token and a newline, nothing else, and exit with code 0 before
/// the deadline. In every case its whole process group is killed then. If it fails, its standard error, up to
/// 4096 bytes, is part of the reason.
///
/// A process that leaves both the group and its standard output escapes that, so do not probe a program that is
/// not known to respond.
///
/// The calling process must not wait for the probe elsewhere: no thread may call `waitpid(-1)`, and `SIGCHLD`
/// must not be ignored.
#[derive(Debug, Clone)]
pub struct Probe {
    deadline: Duration,
}

impl Probe {
    /// The default deadline: 5 s, because a program that responds first of all does so within milliseconds,
    /// and a machine may be slow and busy during an upgrade.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

    /// Creates a probe with the default deadline.
    #[must_use]
    pub const fn new() -> Self {
        Self { deadline: Self::DEFAULT_DEADLINE }
    }

    /// Sets the time from the start of the executable to its end.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) fn run(&self, path: &Path, target: &Target) -> Result<()> {
        let token = Token::random()?;
        let until = deadline_in(self.deadline);
        let child = start(path, &token, until).map_err(|cause| not_started(path, target, cause))?;
        let seen = watch::watch(child, until).map_err(|cause| not_watched(target, cause))?;
        judge::judge(&seen, &token, self.deadline).map_err(|failure| {
            let text = format!(
                "could not replace {}: the new executable {failure}",
                target.path().display()
            );
            Error::new(failure.kind(), text).transient(failure.is_transient())
        })
    }
}

/// Returns the deadline. One that the clock cannot represent is in a year.
fn deadline_in(duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + duration.min(YEAR)
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

/// A token of 128 random bits, which the executable cannot know beforehand.
struct Token(String);

impl Token {
    fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|cause| {
            Error::new(ErrorKind::Io, "could not draw a random token").because(cause)
        })?;
        Ok(Self(u128::from_ne_bytes(bytes).to_string()))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Starts the executable, and tries again while a process has it open for writing: a process that another thread
/// forked meanwhile holds the descriptor until it executes a program.
#[expect(clippy::disallowed_methods, reason = "this is where probes are started")]
fn start(path: &Path, token: &Token, until: Instant) -> io::Result<Child> {
    let variables = environment::of_probe(token)?;
    let mut command = Command::new(path);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    sys::child::isolate(&mut command, CString::new(path.as_os_str().as_bytes())?, variables);
    let mut pause = 1_u16;
    loop {
        match command.spawn() {
            Err(cause)
                if cause.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < until =>
            {
                // There is no notification when the last writer closes it. poll(2) on nothing is a pause.
                poll(&mut [], PollTimeout::from(pause)).ok();
                pause = (pause * 2).min(50);
            }
            result => return result,
        }
    }
}

fn not_started(path: &Path, target: &Target, cause: io::Error) -> Error {
    let name = target.path().display();
    let (kind, why) = match cause.raw_os_error() {
        Some(libc::ENOEXEC) => (
            ErrorKind::NotExecutable,
            "this machine cannot execute it: another processor's, or damaged",
        ),
        Some(libc::ENOENT) if !Path::new("/dev/null").exists() => {
            let text = format!(
                "could not probe the new executable for {name}: there is no /dev/null here; mount /dev"
            );
            return Error::new(ErrorKind::Io, text).transient(true).because(cause);
        }
        Some(libc::ENOENT) => (
            ErrorKind::NotExecutable,
            "the loader or interpreter it names is not on this machine: another C library's?",
        ),
        Some(libc::EACCES) => match open_regular(path) {
            Ok(file) if sys::is_noexec(&file) => return no_exec(target).because(cause),
            _ => (ErrorKind::ProbeFailed, "this process may not execute it, nor its interpreter"),
        },
        Some(libc::ETXTBSY) => {
            let text = format!(
                "could not probe the new executable for {name}: a process still has it open for writing"
            );
            return Error::new(ErrorKind::ProbeTimedOut, text).transient(true).because(cause);
        }
        Some(libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => {
            let text = format!("could not start the probe of the new executable for {name}");
            return Error::new(ErrorKind::Io, text).transient(true).because(cause);
        }
        _ => (ErrorKind::ProbeFailed, "it cannot be started"),
    };
    let text = format!("could not replace {name} by what came: {why}");
    Error::new(kind, text).because(cause)
}

fn not_watched(target: &Target, cause: io::Error) -> Error {
    let name = target.path().display();
    let why = match cause.raw_os_error() {
        Some(libc::ECHILD) => ": how it ended went to another waitpid, or SIGCHLD is ignored here",
        _ => "",
    };
    Error::new(ErrorKind::Io, format!("could not probe the new executable for {name}{why}"))
        .because(cause)
}
