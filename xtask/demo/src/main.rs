//! `cargo xtask demo`: an app is upgraded twice while clients call it, and none of them notices.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the demo shows something to a person at a terminal"
)]

mod build;
mod clients;
mod director;
mod event;
mod line;
mod options;
mod origin;
mod process;
mod story;
mod tally;
mod transcript;

use director::Director;
use event::{Event, Events};
use options::Options;
use origin::Origin;
use process::Process;
use selfup_signals::Signal;
use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, ExitCode};
use tally::Tally;
use tempfile::TempDir;
use xtask_support::command::{Failure, Result};
use xtask_support::stop::Stop;
use xtask_support::workspace::Workspace;
use xtask_support::{interrupt, task};

/// The app is built in this many versions.
const VERSIONS: u32 = 3;

fn main() -> ExitCode {
    task::main(options::HELP, Options::parse, run)
}

/// Shows it all, and fails if a single request was lost.
fn run(options: Options) -> Result {
    match show(options) {
        Ok(tally) => tally.verdict(),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Interrupted(signal)) => {
            // After SIGPIPE there is no reader. Otherwise the terminal may be what is gone.
            if signal != Signal::PIPE {
                writeln!(stderr(), "\nended by {signal}: nothing is left running or lying about")
                    .ok();
            }
            interrupt::end_by(signal)
        }
    }
}

fn show(options: Options) -> Result<Tally, Stop> {
    let events = Events::new();
    let sender = events.sender();
    interrupt::watch(move |signal| match sender.send(Event::Interrupted(signal)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    })?;
    let workspace = Workspace::load()?;
    let folder = folder(workspace.target())?;
    build::versions(folder.path(), workspace.target(), &events)?;

    let origin = Origin::start(folder.path())?;
    origin.publish(1);
    let app = start(folder.path(), &origin, &events, options)?;
    Director::new(app, &events, options.verbose).play(&origin)
}

/// Beside what cargo builds: there, executables may run and room is expected. The process id
/// distinguishes the folders of several runs.
fn folder(target: &Path) -> Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix(&format!("demo-{}-", std::process::id())).tempdir_in(target);
    folder.map_err(|error| {
        Failure::new(format!("no folder can be made in {}: {error}", target.display()))
    })
}

/// Runs a copy of the first version: the copy will be replaced.
fn start(folder: &Path, origin: &Origin, events: &Events, options: Options) -> Result<Process> {
    let (first, running) = (build::path(folder, 1), folder.join("app"));
    std::fs::copy(&first, &running)
        .map_err(|error| Failure::new(format!("{} cannot be copied: {error}", first.display())))?;
    let mut command = Command::new(running);
    command.arg("127.0.0.1:0").arg(origin.url()).current_dir(folder);
    if options.broken {
        command.arg("--broken");
    }
    Process::start(command, events.sender())
}
