//! The program without a master: in the process that was started.

use std::process::ExitCode;

use selfup_fds::Inherited;

use crate::{
    entry::Entry,
    error::Error,
    notify::{Descriptor, Notify},
    process::{exe_path::launch_path, identity::Identity, signals},
    state::State,
};

/// Runs the program in this process, to its end, with the sockets that could be bound. Calls `warn` with what
/// did not work and is not needed.
///
/// # Errors
///
/// The process cannot be prepared.
pub fn run_alone(
    mut entry: Entry,
    sockets: Inherited,
    manager: Option<Notify>,
    descriptor: Option<Descriptor>,
    warn: impl FnOnce(String),
) -> Result<ExitCode, Error> {
    let path = launch_path().unwrap_or_default();
    let identity = Identity::new(path);
    let state = State::new(sockets.nonblocking(true), 0, identity, &entry.options, None);
    state.set_manager(manager, descriptor);
    // What the configuration promises of signals holds here, too.
    if let Err(error) = signals::settle(&entry.options, state.drain()) {
        warn(format!("could not install handlers for signals: {error}"));
    }
    entry.prepare()?;
    Ok(state.run(entry.program))
}
