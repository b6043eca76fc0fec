//! The children: their processes and control channels.

use std::{
    ffi::OsString,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::killpg,
};
use selfup_channel::{self as control, Incoming, MasterEnd};
use selfup_fds::FdSet;
use selfup_lifecycle::Generation;
pub(super) use selfup_program::launch::StartError;
use selfup_program::{
    launch::{Launch, Launched},
    process::env,
};
use selfup_signals::{End, Pid, Signal};

use crate::{left_running as left, sys};

/// The children that have not been reaped.
#[derive(Debug, Default)]
pub(super) struct Children {
    running: Vec<Running>,
}

/// A child that has not been reaped.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) generation: Generation,
    pub(super) channel: MasterEnd,
    /// Whether the other end of the channel is closed: by the child, and by every process that inherited
    /// it from the child.
    pub(super) channel_closed: bool,
    /// The time since which it is closed.
    pub(super) closed_at: Option<Instant>,
    /// Whether that has been reported.
    pub(super) closed_reported: bool,
    /// Whether it has to drain, and has not read enough of its channel to be asked to.
    pub(super) drain_is_unsent: bool,
    /// The version of its program, once it has declared that.
    pub(super) version: Option<String>,
    /// The public keys that its program trusts, as far as it has declared them.
    pub(super) keys: Vec<String>,
    /// What it waits for before it is ready, once it has reported that.
    pub(super) lacks: Option<String>,
    /// How many connections its program has, once it has reported that.
    pub(super) connections: Option<u32>,
    process: Child,
    /// The inode of its end of the channel.
    pub(super) their_end: u64,
    /// A pidfd, where the kernel has them.
    ended: Option<OwnedFd>,
}

/// A child that has ended and was reaped.
#[derive(Debug)]
pub(super) struct Reaped {
    pub(super) child: Running,
    pub(super) end: End,
    /// Whether its end is unknown, because other code in this process waited for it.
    pub(super) unknown: bool,
    /// The members of its process group that were killed.
    pub(super) killed: Vec<i32>,
}

/// How every child is started.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) path: PathBuf,
    pub(super) arg0: Option<OsString>,
    pub(super) args: Vec<OsString>,
    /// The limit of open files to restore for the program, if it was raised for the master.
    pub(super) open_files: Option<u64>,
    /// The signal that a child ignores until it has its handlers.
    pub(super) restart_signal: Signal,
    /// Whether each child leads a process group, which is killed when the child has ended.
    pub(super) kill_group: bool,
}

impl Children {
    /// Starts a child that executes this file, with the sockets in `fds`, and returns its pid.
    pub(super) fn start(
        &mut self,
        generation: Generation,
        executable: &Path,
        recipe: &Recipe,
        fds: &FdSet,
    ) -> Result<Pid, StartError> {
        let variables = vec![
            (env::GENERATION, generation.number().to_string().into()),
            (env::BIN_PATH, recipe.path.clone().into()),
        ];
        let open_files = recipe.open_files.map(|soft| (env::OPEN_FILES, soft.to_string().into()));
        let launch = Launch {
            executable,
            // An executable on trial gets the name that it will have later.
            arg0: recipe.arg0.as_deref().unwrap_or(recipe.path.as_os_str()),
            args: &recipe.args,
            channel: (env::CONTROL, env::CONTROL_PID),
            variables: variables.into_iter().chain(open_files).collect(),
            without: &env::OF_THE_MANAGER,
            ignored: recipe.restart_signal,
            leads_group: recipe.kill_group,
        };
        let Launched { process, channel, their_end } = launch.start(fds)?;
        let pid = Pid::from(&process);
        self.running.push(Running {
            generation,
            channel,
            channel_closed: false,
            closed_at: None,
            closed_reported: false,
            drain_is_unsent: false,
            version: None,
            keys: Vec::new(),
            lacks: None,
            connections: None,
            ended: sys::pidfd::open(pid.as_raw()),
            process,
            their_end,
        });
        Ok(pid)
    }

    /// Leaves out a time in which nothing ran.
    pub(super) fn add_frozen_time(&mut self, time: Duration) {
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

    /// Reaps the children that have ended. Each is waited for by its pid, because other children of this
    /// process belong to other code.
    ///
    /// With `kill_group`, the process group of a child that has ended is killed before it is reaped: until
    /// then the number of the group cannot be reused.
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
                // Some may have ended meanwhile.
                let _killed = killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
            }
            let (end, unknown) = match running.process.try_wait() {
                Ok(Some(status)) => (End::from(status), false),
                // Other code has reaped it, or ignores SIGCHLD.
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

    /// The descriptors that poll as readable when a child has sent a message or ended.
    pub(super) fn wake_ups(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.running.iter().flat_map(|child| {
            let channel = (!child.channel_closed).then(|| child.channel.as_fd());
            channel.into_iter().chain(child.ended.as_ref().map(AsFd::as_fd))
        })
    }

    /// Whether the loop has to look at the children at intervals, without a wake-up. That is so if a child
    /// has closed its channel: either it ends now, or the closed channel has to be reported. Without a
    /// pidfd, only SIGCHLD shows the end, and other code may take that.
    pub(super) fn need_looking_after(&self) -> bool {
        let is_closed = |child: &Running| child.channel_closed;
        self.running
            .iter()
            .filter(|child| is_closed(child))
            .any(|child| !child.closed_reported || child.ended.is_none())
    }
}

impl Running {
    pub(super) fn pid(&self) -> Pid {
        Pid::from(&self.process)
    }

    /// Returns how long before the child's end its control channel was closed, if the end did not close
    /// it.
    pub(super) fn closed_early_by(&self, turn: Instant) -> Option<Duration> {
        self.closed_for(turn).filter(|since| *since > Duration::from_millis(500))
    }

    /// Returns how long its control channel had been closed when this turn of the loop began. A later
    /// moment would not do: the machine may freeze between the look at the channel and the look at the
    /// process.
    pub(super) fn closed_for(&self, turn: Instant) -> Option<Duration> {
        self.closed_at.map(|at| turn.saturating_duration_since(at))
    }

    /// Whether its end of the channel is closed, although it lives: it has executed another program, say.
    pub(super) fn is_unreachable(&self) -> bool {
        let mut fds = [PollFd::new(self.channel.as_fd(), PollFlags::empty())];
        let hung_up = poll(&mut fds, PollTimeout::ZERO).is_ok_and(|polled| polled > 0);
        self.channel_closed || hung_up
    }

    /// Returns the next message, if there is one.
    pub(super) fn receive(&mut self) -> Option<Incoming<control::FromChild>> {
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
