//! Processes and their control channels.

use std::{
    ffi::OsString,
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{signal::killpg, stat::fstat},
};
use selfup_channel::{self as control, Incoming, MasterEnd};
use selfup_fds::FdSet;
use selfup_lifecycle::Generation;
use selfup_program::process::env;
use selfup_signals::{Blocked, End, Pid, Signal, ignore_on_exec, reset_on_exec};

use crate::{left_running as left, sys};

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
    pub(super) closed_at: Option<Instant>,
    pub(super) closed_told: bool,
    /// It is to drain, and does not read its channel at the moment.
    pub(super) drain_is_unsent: bool,
    /// The version of its program, once it has said.
    pub(super) version: Option<String>,
    /// What it waits for before it is ready, once it has said.
    pub(super) lacks: Option<String>,
    process: Child,
    /// The number of the socket that is its end of the channel.
    pub(super) their_end: u64,
    /// Polls as readable when the process has ended, where the kernel has that.
    ended: Option<OwnedFd>,
}

/// A child that has ended and was reaped.
#[derive(Debug)]
pub(super) struct Reaped {
    pub(super) child: Running,
    pub(super) end: End,
    /// Somebody else in this process waited for it, so that its end is not known.
    pub(super) unknown: bool,
    /// What was in its process group, and was killed.
    pub(super) killed: Vec<i32>,
}

/// How every child is started.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) path: PathBuf,
    pub(super) arg0: Option<OsString>,
    pub(super) args: Vec<OsString>,
    /// The limit of open files to give back to the program, if it was raised for the master.
    pub(super) open_files: Option<u64>,
    /// A child is not to die of it, from its first moment on.
    pub(super) restart_signal: Signal,
    /// Each child leads a process group, which ends with it.
    pub(super) kill_group: bool,
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
        let their_end = fstat(&theirs).map_or(0, |stat| stat.st_ino);
        let mut pass = fds.pass();
        // What is on trial goes by its later name.
        pass = pass.arg0(recipe.arg0.as_deref().unwrap_or(recipe.path.as_os_str()));
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
        if let Some(soft) = recipe.open_files {
            command.env(env::OPEN_FILES, soft.to_string());
        }
        ignore_on_exec(&mut command, recipe.restart_signal);
        reset_on_exec(&mut command);
        if recipe.kill_group {
            command.process_group(0);
        }
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
            closed_told: false,
            drain_is_unsent: false,
            version: None,
            lacks: None,
            ended: sys::pidfd::open(pid.as_raw()),
            process,
            their_end,
        });
        Ok(pid)
    }

    /// Nothing has run for so long: nobody has been silent meanwhile.
    pub(super) fn stood_still(&mut self, time: Duration) {
        for closed_at in self.running.iter_mut().filter_map(|child| child.closed_at.as_mut()) {
            *closed_at += time;
        }
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

    pub(super) fn find_mut(&mut self, generation: Generation) -> Option<&mut Running> {
        self.running.iter_mut().find(|running| running.generation == generation)
    }

    /// Takes out those that have ended. Each is asked for by itself: other children of this
    /// process are not ours to wait for.
    ///
    /// `kill_group`: whatever is in the process group of one that has ended is killed before. Until
    /// it is reaped, the number of the group is nobody else's.
    pub(super) fn reap(&mut self, kill_group: bool) -> Vec<Reaped> {
        let mut reaped = Vec::new();
        let mut index = 0;
        while let Some(running) = self.running.get_mut(index) {
            let pid = running.pid().as_raw();
            let killed = match kill_group && sys::orphans::has_ended(pid) {
                true => left::members_of_group(pid),
                false => Vec::new(),
            };
            if !killed.is_empty() {
                // Those that have gone meanwhile need it no more.
                let _killed = killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
            }
            let (end, unknown) = match running.process.try_wait() {
                Ok(Some(status)) => (End::from(status), false),
                // Somebody else has reaped it, or has SIGCHLD ignored.
                Err(error) if error.raw_os_error() == Some(libc::ECHILD) => (End::Exited(1), true),
                Ok(None) | Err(_) => {
                    index += 1;
                    continue;
                }
            };
            reaped.push(Reaped { child: self.running.remove(index), end, unknown, killed });
        }
        reaped
    }

    /// What polls as readable when there is something to hear of a child, or to reap.
    pub(super) fn wake_ups(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.running.iter().flat_map(|child| {
            let channel = (!child.channel_closed).then(|| child.channel.as_fd());
            channel.into_iter().chain(child.ended.as_ref().map(AsFd::as_fd))
        })
    }

    /// Whether there is one to be looked after without a wake-up. It has closed its channel, so that it
    /// ends, or else that is told. And its end may not be told by anything but SIGCHLD, which a handler
    /// of somebody else's may take.
    pub(super) fn are_to_be_looked_after(&self) -> bool {
        let is_closed = |child: &Running| child.channel_closed;
        self.running
            .iter()
            .filter(|child| is_closed(child))
            .any(|child| !child.closed_told || child.ended.is_none())
    }
}

impl Running {
    pub(super) fn pid(&self) -> Pid {
        Pid::from(&self.process)
    }

    /// For how long its control channel has been closed, if that was not by its end: the two come
    /// within a moment then.
    pub(super) fn was_not_heard_for(&self, turn: Instant) -> Option<Duration> {
        self.closed_for(turn).filter(|since| *since > Duration::from_millis(500))
    }

    /// For how long its control channel had been closed when this turn of the loop began. In a turn, the
    /// machine may stand still between the look at the channel and that at the process.
    pub(super) fn closed_for(&self, turn: Instant) -> Option<Duration> {
        self.closed_at.map(|at| turn.saturating_duration_since(at))
    }

    /// Whether its end of the channel is closed although it lives: it executed another program, say.
    pub(super) fn hears_nothing(&self) -> bool {
        let mut fds = [PollFd::new(self.channel.as_fd(), PollFlags::empty())];
        let hung_up = poll(&mut fds, PollTimeout::ZERO).is_ok_and(|polled| polled > 0);
        self.channel_closed || hung_up
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
