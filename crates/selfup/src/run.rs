//! From `main` to the program: as a master, as its child, or without one.

use std::process::ExitCode;

use selfup_master::{
    Error, ErrorKind, Master, NotStarted,
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
/// The same executable is master and child. The process that was started becomes the master and
/// starts itself again as the child, in which the program runs. If the child dies by a signal, so
/// does the master.
///
/// Call it first thing in `main`, before any thread exists. What comes before it happens in the master
/// and in each child. It removes what it consumes from the environment, unless another thread exists by
/// then that might be reading it: then the variables stay, and say by a pid that they are for no other
/// process. A `main` inside of an async runtime (`#[tokio::main]`) is wrong: the runtime belongs around
/// the program, see [`Config::new`].
///
/// Where no master is possible, it warns and runs the program in this process, with a state that is
/// not [enabled](crate::State::enabled) and has the sockets; unless the master is
/// [required](Config::required). An address that cannot be bound, or a key or version of the
/// configuration that cannot be read, is an error in any case: what does not serve where it should
/// is for a process manager to start again. Errors are printed as one line on stderr; the exit code
/// is 1 then.
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

/// As [`run`], with the error for the caller to report.
///
/// # Errors
///
/// No master can run, and one is required, or there is nothing to serve on; or what the
/// master handed to this child cannot be used.
pub fn try_run(mut config: Config) -> Result<ExitCode, Error> {
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
    let (entry, settings) = config.split();
    if let Some(assignment) = assignment {
        return Ok(enter(entry, assignment)?);
    }
    match Master::start(settings) {
        Ok(master) => Ok(end_like(master.run()?)),
        Err(not_started) => fall_back(*not_started, entry, required),
    }
}

/// Whether a master can run on this platform. Elsewhere, [`run`] runs the program directly.
#[must_use]
pub const fn is_supported() -> bool {
    cfg!(target_os = "linux")
}

fn end_like(end: End) -> ExitCode {
    match end {
        End::Exited(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        End::Signaled { .. } => end.mirror(),
    }
}

/// Runs the program in this process.
fn fall_back(not_started: NotStarted, entry: Entry, required: bool) -> Result<ExitCode, Error> {
    let NotStarted { error, mut settings, fds, notify } = not_started;
    let cannot_be_meant = matches!(
        error.kind(),
        ErrorKind::Address | ErrorKind::Child | ErrorKind::Configuration | ErrorKind::PidFile
    );
    if required || cannot_be_meant {
        return Err(error);
    }
    let reason =
        format!("{}; the program runs by itself, without restarts and upgrades", Chain(&error));
    let mut reporter = Reporter::new(&settings.options, settings.on_event.take());
    let mut trouble = |reason| reporter.warn(reason);
    trouble(reason);
    let pid_file = settings.pid_file.take().and_then(|path| {
        let written = PidFile::write_now(&path);
        written.map_err(|error| trouble(Chain(&error).to_string())).ok()
    });
    let code = run_alone(entry, fds.into_inherited(), notify, &mut trouble)?;
    if let Some(Err(error)) = pid_file.map(|mut file| file.remove()) {
        trouble(format!("could not remove the pid file: {error}"));
    }
    Ok(code)
}
