//! The child: takes over what the master handed to it, and runs the program.

mod census;
pub(crate) mod control_thread;
mod look;

use std::process::ExitCode;

use selfup_channel::ChildEnd;
use selfup_fds::Inherited;

use crate::{
    entry::Entry,
    error::{Error, ErrorKind},
    master_link::MasterLink,
    options::Listen,
    process::{
        env::{Assignment, CONTROL},
        exe_path::was_started_from,
        identity::Identity,
        open_files, signals,
    },
    restart,
    state::State,
};

/// Whether the master has passed a socket for each address; the names of those that are missing. A
/// release may listen on more than the one whose master is still running.
fn has_all_sockets(listen: &[Listen], sockets: &Inherited) -> Result<(), String> {
    let is_there = |name: &str| sockets.names().any(|there| there == name);
    let missing = listen.iter().filter(|listen| !is_there(&listen.name));
    let missing: Vec<String> =
        missing.map(|listen| format!("{} ({:?})", listen.address, listen.name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(missing.join(", ")) }
}

/// Runs the program as a child of a master, to its end.
///
/// # Errors
///
/// What the master handed over cannot be used, or the process cannot be prepared.
pub fn enter(mut entry: Entry, assignment: Assignment) -> Result<ExitCode, Error> {
    let channel = assignment.channel().map_err(|error| {
        Error::new(
            ErrorKind::Child,
            format!(
                "could not take over the control channel: {CONTROL} is {}; unset it to start a master",
                assignment.control
            ),
        )
        .because(error)
    })?;
    let sockets = Inherited::from_env().map_err(|error| {
        Error::new(ErrorKind::Child, "could not take over the sockets of the master").because(error)
    })?;
    entry.prepare()?;
    if let Some(soft) = assignment.open_files {
        open_files::give_back(soft);
    }
    let link = MasterLink::new(ChildEnd::from(channel), &entry.options).map_err(|error| {
        Error::new(ErrorKind::Child, "could not make a pipe to the thread that hears the master")
            .because(error)
    })?;
    has_all_sockets(&entry.listen, &sockets)
        .inspect_err(|names| link.lacks_sockets(names))
        .map_err(|names| {
            let what = format!(
                "could not serve: this release listens on {names}, which its master does not have; \
                 stop and start the service to have the master bind it"
            );
            Error::new(ErrorKind::Child, what)
        })?;
    was_started_from(&assignment.bin_path);
    let state = State::new(
        sockets.nonblocking(true),
        assignment.generation,
        Identity::new(assignment.bin_path),
        &entry.options,
        Some(link.clone()),
    );
    control_thread::listen_to_master(
        link.clone(),
        state.drain().clone(),
        state.readiness(),
        assignment.generation,
        &entry.options,
    )
    .map_err(|error| {
        Error::new(ErrorKind::Child, "could not start the thread that hears the master")
            .because(error)
    })?;
    signals::settle(&entry.options, state.drain()).map_err(|error| {
        Error::new(ErrorKind::Child, "could not install handlers for signals").because(error)
    })?;
    restart::install(move || link.restart());
    Ok(state.run(entry.program))
}
