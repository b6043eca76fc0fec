//! Running the new executable once, to see that it starts and answers.

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

/// The environment variable that asks an executable to prove itself. Its value is the token.
pub const PROBE_VARIABLE: &str = "SELFUP_BIN_CHECK";

/// What a program that finds [`PROBE_VARIABLE`] in its environment must print on its standard
/// output, and nothing else, before it exits with code 0.
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

/// How the new executable is run once before it is installed.
///
/// It is run as it will be run: from the target's directory, with the environment and the working
/// directory of this process, so that what it needs of them (`LD_LIBRARY_PATH`, say) is there. What
/// speaks to this process alone is taken out (`SELFUP_*`, `LISTEN_*`, `NOTIFY_SOCKET`,
/// `WATCHDOG_*`), [`PROBE_VARIABLE`] is put in. It has a session and process group of its own, no
/// arguments, and default signals. It must print the random token that it is given and a newline,
/// nothing more, and exit with code 0 before the deadline. Then, and in every other case, its whole
/// process group is killed. What it says on its standard error, up to 4096 bytes, is part of the
/// reason if it fails.
///
/// A process that leaves both the group and its standard output behind escapes that: so what is
/// not known to answer the probe should not be probed.
///
/// The calling process must leave the probe's end to be waited for here: no `waitpid(-1)` in
/// another thread, and `SIGCHLD` not ignored.
#[derive(Debug, Clone)]
pub struct Probe {
    deadline: Duration,
}

impl Probe {
    /// The deadline unless told otherwise: 5 s, because a program that answers first thing does so
    /// within milliseconds, and a machine may be slow and busy at the moment of an upgrade.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

    /// With the default deadline.
    #[must_use]
    pub const fn new() -> Self {
        Self { deadline: Self::DEFAULT_DEADLINE }
    }

    /// The time from starting the executable to its end.
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

/// A deadline beyond what the clock can tell is one in a year.
fn deadline_in(duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + duration.min(YEAR)
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

/// 128 random bits that nobody could have put into the executable beforehand.
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

/// Starts the executable, again and again while somebody has it open for writing: a process that
/// another thread forked while it was being written holds the descriptor until it executes.
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
                // Nothing tells when the last writer closes; poll(2) on nothing is a pause.
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
