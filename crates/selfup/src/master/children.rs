use std::{
    ffi::OsString,
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use selfup_fds::FdSet;
use selfup_signals::{Blocked, End, Pid, reset_on_exec};

use super::Generation;
use crate::{
    control::{self, Incoming, MasterEnd},
    env,
};

/// The processes behind the generations.
#[derive(Debug, Default)]
pub(super) struct Children {
    running: Vec<Running>,
}

/// A child that has not been reaped.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) generation: Generation,
    pub(super) channel: MasterEnd,
    /// Nothing more will come: the child, and whoever had the channel from it, are gone.
    pub(super) channel_closed: bool,
    /// Since when that is so.
    closed_at: Option<Instant>,
    /// The version of its program, once it has said.
    pub(super) version: Option<String>,
    /// What it waits for before it is ready, once it has said.
    pub(super) lacks: Option<String>,
    process: Child,
}

/// How every child is started.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) path: PathBuf,
    pub(super) arg0: Option<OsString>,
    pub(super) args: Vec<OsString>,
}

impl Children {
    /// Starts a child that executes this file, with the sockets in `fds`; its pid.
    pub(super) fn start(
        &mut self,
        generation: Generation,
        executable: &Path,
        recipe: &Recipe,
        fds: &FdSet,
    ) -> Result<Pid, StartError> {
        let (channel, theirs) = control::pair().map_err(StartError::Channel)?;
        let mut pass = fds.pass();
        if let Some(arg0) = &recipe.arg0 {
            pass = pass.arg0(arg0);
        }
        pass = pass.pid_variable(env::CONTROL_PID);
        let control = pass.extra(theirs.as_fd());
        let mut command = Command::new(executable);
        command
            .args(&recipe.args)
            .env(env::CONTROL, control.to_string())
            .env(env::GENERATION, generation.number().to_string())
            .env(env::BIN_PATH, &recipe.path);
        for variable in env::OF_THE_MANAGER {
            command.env_remove(variable);
        }
        reset_on_exec(&mut command);
        // A signal to the whole group must not be handled by the copy of this process that is
        // about to become the child.
        let blocked = Blocked::all().map_err(StartError::Signals)?;
        let process = pass.spawn(&mut command).map_err(StartError::Spawn)?;
        drop(blocked);
        let pid = Pid::from(&process);
        self.running.push(Running {
            generation,
            channel,
            channel_closed: false,
            closed_at: None,
            version: None,
            lacks: None,
            process,
        });
        Ok(pid)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Running> {
        self.running.iter_mut()
    }

    pub(super) fn find(&self, generation: Generation) -> Option<&Running> {
        self.running.iter().find(|running| running.generation == generation)
    }

    /// Takes out those that have ended. Each is asked for by itself: other children of this
    /// process are not ours to wait for.
    pub(super) fn reap(&mut self) -> Vec<(Running, End)> {
        let mut ended = Vec::new();
        let mut index = 0;
        while let Some(running) = self.running.get_mut(index) {
            match running.process.try_wait() {
                Ok(Some(status)) => ended.push((self.running.remove(index), End::from(status))),
                // An error would mean that somebody else reaped it; it is asked again.
                Ok(None) | Err(_) => index += 1,
            }
        }
        ended
    }
}

impl Running {
    pub(super) fn pid(&self) -> Pid {
        Pid::from(&self.process)
    }

    /// For how long its control channel has been closed, if that was not by its end: the two come
    /// within a moment then.
    pub(super) fn was_not_heard_for(&self) -> Option<Duration> {
        let since = self.closed_at?.elapsed();
        (since > Duration::from_millis(500)).then_some(since)
    }

    /// The next message that is there.
    pub(super) fn hear(&mut self) -> Option<Incoming<control::FromChild>> {
        if self.channel_closed {
            return None;
        }
        match self.channel.poll() {
            Ok(Incoming::Nothing) => None,
            Ok(Incoming::Closed) | Err(_) => {
                self.channel_closed = true;
                self.closed_at = Some(Instant::now());
                None
            }
            Ok(incoming) => Some(incoming),
        }
    }
}

/// Why a child could not be started.
#[derive(Debug)]
pub(super) enum StartError {
    Channel(io::Error),
    Signals(selfup_signals::Error),
    Spawn(selfup_fds::Error),
}

impl StartError {
    /// Whether the same may work a moment later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Channel(error) => matches!(
                error.raw_os_error(),
                Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EAGAIN)
            ),
            Self::Signals(_) => false,
            Self::Spawn(error) => error.is_transient(),
        }
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Channel(_) => f.write_str("could not make a control channel for it"),
            Self::Signals(_) => f.write_str("could not block signals meanwhile"),
            // It names the program; that a child was to be started is said around this.
            Self::Spawn(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Channel(error) => Some(error),
            Self::Signals(error) => Some(error),
            Self::Spawn(error) => error.source(),
        }
    }
}
