//! From `main` to the program: as a master, as its child, or without one.

use std::process::ExitCode;

use selfup_master::{
    ErrorKind, Master, NotStarted, RUNS_A_MASTER, Result, Warning,
    error::Chain,
    pid_file::PidFile,
    reporter::Reporter,
    stderr::{Priority, Stderr},
};
use selfup_program::{
    Entry, enter,
    process::{env, exe_path::notes_of},
    run_alone, sanity_check,
};
use selfup_signals::End;

use crate::config::Config;

/// Runs the program under a master, and returns the exit code for `main` to return.
///
/// The same executable is master and child. The process that was started becomes the master and starts itself
/// again as the child, in which the program runs. If the child that serves dies by a signal, so does the master.
///
/// Call it first in `main`, before any thread exists. Code before it runs in the master and in each child. It
/// removes the variables that it reads from the environment, unless another thread exists, which might be reading
/// the environment: then the variables stay, and name by a pid the process that they are for. A `main` inside of
/// an async runtime (`#[tokio::main]`) is wrong: the runtime belongs around the program, see [`Config::new`].
///
/// Where no master can run, `run` warns, and runs the program in this process, with a state that is not
/// [enabled](crate::State::enabled) and has the sockets; unless the master is [required](Config::required). An
/// address that cannot be bound, or a key or version that cannot be read, is an error in any case, so that a
/// process manager starts the service again. An error is printed as one line on stderr; the exit code is then 1.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     selfup::run(selfup::Config::new(program).address("127.0.0.1:3000"))
/// }
///
/// fn program(state: selfup::State) {
///     for connection in state.take_listener().incoming() {
///         // …
/// #       let _ = connection;
///     }
/// }
/// ```
#[doc(alias = "Run")]
#[must_use = "the exit code is for `main` to return"]
pub fn run(config: Config) -> ExitCode {
    match try_run(config) {
        Ok(code) => code,
        Err(error) => {
            Stderr::new("[selfup]").write(Priority::Error, &Chain(&error).to_string());
            ExitCode::FAILURE
        }
    }
}

/// Does what [`run`] does, and returns the error instead of printing it.
///
/// # Errors
///
/// - [`Configuration`](ErrorKind::Configuration): a value of the configuration cannot be used, such as a key.
/// - [`Address`](ErrorKind::Address): an address could not be bound or taken over.
/// - [`PidFile`](ErrorKind::PidFile): the pid file belongs to another process that runs.
/// - [`Unsupported`](ErrorKind::Unsupported), [`Executable`](ErrorKind::Executable),
///   [`Start`](ErrorKind::Start): no master can run, and it is [required](Config::required).
/// - [`Master`](ErrorKind::Master): the master had to give up while it ran.
/// - [`Child`](ErrorKind::Child): this process is a child, and could not take over from its master.
#[doc(alias = "RunErr")]
pub fn try_run(mut config: Config) -> Result<ExitCode> {
    sanity_check();
    config.check()?;
    let upgrades = &mut config.master.upgrades;
    upgrades.complete(&notes_of(upgrades.exec_file.as_deref()));
    let required = config.required;
    let assignment = env::take_assignment()?;
    if assignment.is_some() {
        // One that could not be a master after the next start must not get to serve.
        upgrades.check()?;
    }
    if let Some(assignment) = assignment {
        let (entry, _) = config.split();
        return Ok(enter(entry, assignment)?);
    }
    #[cfg(feature = "control")]
    config.take_start()?;
    let is_direct = config.is_direct;
    let (entry, settings) = config.split();
    match Master::start(settings) {
        Ok(master) => Ok(end_like(master.run()?)),
        Err(not_started) => fall_back(*not_started, entry, required, is_direct),
    }
}

/// Whether a master can run on this platform: `true` on Linux. Elsewhere, [`run`] warns once, and runs the program in
/// the process that was started, with its listeners.
#[must_use]
#[doc(alias = "IsSupported")]
pub const fn is_supported() -> bool {
    RUNS_A_MASTER
}

fn end_like(end: End) -> ExitCode {
    match end {
        End::Exited(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        End::Signaled { .. } => end.mirror(),
    }
}

/// Runs the program in this process, because no master could be started, or because none is wanted.
fn fall_back(
    not_started: NotStarted,
    entry: Entry,
    required: bool,
    is_direct: bool,
) -> Result<ExitCode> {
    let NotStarted { error, mut settings, fds, notify, descriptor } = not_started;
    let cannot_be_meant = matches!(
        error.kind(),
        ErrorKind::Address | ErrorKind::Child | ErrorKind::Configuration | ErrorKind::PidFile
    );
    if cannot_be_meant || (required && !is_direct) {
        return Err(error);
    }
    let mut reporter = Reporter::new(&settings.options, settings.on_event.take());
    if !is_direct {
        reporter.warn(Warning::runs_alone(&error));
    }
    let pid_file = settings.pid_file.take().and_then(|path| {
        let written = PidFile::write_now(&path);
        written.map_err(|error| reporter.warn(Warning::pid_file(&error))).ok()
    });
    let mut trouble = |text| reporter.warn(Warning::alone(text));
    let code = run_alone(entry, fds.into_inherited(), notify, descriptor, &mut trouble)?;
    if let Some(Err(error)) = pid_file.map(|mut file| file.remove()) {
        reporter.warn(Warning::pid_file_stays(&error));
    }
    Ok(code)
}
