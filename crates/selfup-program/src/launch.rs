//! Starts the next process of the program: with its sockets, a control channel and the signals of a fresh process.

use std::{
    error,
    ffi::{OsStr, OsString},
    fmt, io,
    os::{fd::AsFd, unix::process::CommandExt},
    path::Path,
    process::{Child, Command},
};

use selfup_channel::{MasterEnd, pair};
use selfup_fds::FdSet;
use selfup_signals::{Blocked, Signal, ignore_on_exec, reset_on_exec};

use crate::process::open_files;

/// How a process is started.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The file that it executes.
    pub executable: &'a Path,
    /// The name that it is to have.
    pub arg0: &'a OsStr,
    /// The arguments behind that.
    pub args: &'a [OsString],
    /// The variables with the number of its end of the channel, and with its own pid.
    pub channel: (&'a str, &'a str),
    /// Further variables.
    pub variables: Vec<(&'a str, OsString)>,
    /// The variables of this process that it is not to have.
    pub without: &'a [&'a str],
    /// The signal that it ignores until it has a handler.
    pub ignored: Signal,
    /// Whether it leads a process group of its own.
    pub leads_group: bool,
}

/// A process that was started.
#[derive(Debug)]
pub struct Launched {
    /// The process.
    pub process: Child,
    /// This end of the channel.
    pub channel: MasterEnd,
    /// The inode of its end of the channel.
    pub their_end: u64,
}

impl Launch<'_> {
    /// Starts the process, with these sockets. Any thread may call it.
    ///
    /// # Errors
    ///
    /// Why it could not be started.
    pub fn start(self, fds: &FdSet) -> Result<Launched, StartError> {
        let (channel, theirs) = pair().map_err(StartError::Channel)?;
        let their_end = open_files::inode(&theirs).unwrap_or(0);
        let (control, pid) = self.channel;
        let mut pass = fds.pass().arg0(self.arg0).pid_variable(pid);
        let number = pass.extra(theirs.as_fd());
        let mut command = Command::new(self.executable);
        command.args(self.args).env(control, number.to_string()).envs(self.variables);
        for variable in self.without {
            command.env_remove(variable);
        }
        ignore_on_exec(&mut command, self.ignored);
        reset_on_exec(&mut command);
        if self.leads_group {
            command.process_group(0);
        }
        // The forked copy of this process, which is about to become the child, must not handle a
        // signal to the whole group.
        let blocked = Blocked::all().map_err(StartError::Signals)?;
        let process = pass.spawn(&mut command).map_err(StartError::Spawn)?;
        drop(blocked);
        Ok(Launched { process, channel, their_end })
    }
}

/// Why a child could not be started.
#[derive(Debug)]
pub enum StartError {
    /// There is no control channel for it.
    Channel(io::Error),
    /// Signals could not be blocked meanwhile.
    Signals(selfup_signals::Error),
    /// No process could be started.
    Spawn(selfup_fds::Error),
}

impl StartError {
    /// Whether another attempt may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
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

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(_) => f.write_str("could not make a control channel for it"),
            Self::Signals(_) => f.write_str("could not block signals meanwhile"),
            // It names the program. The caller adds that a child was to be started.
            Self::Spawn(error) => error.fmt(f),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Channel(error) => Some(error),
            Self::Signals(error) => Some(error),
            Self::Spawn(error) => error.source(),
        }
    }
}
