//! Passes fds to a child.

pub(crate) mod image;
pub(crate) mod numbers;
pub(crate) mod pid_variable;
mod program;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, MOVED, Result};
use crate::offer::FIRST;
use crate::set::FdSet;
use crate::sys::exec::{self, Plan};
use image::Image;
use numbers::Numbers;

/// How many times to start over if other threads close low numbers at the wrong moment. Each freed number is then
/// held, so that it cannot be freed again.
const ATTEMPTS: usize = 64;

/// The start of one child that inherits a set of fds.
///
/// The child has the fds of the set at the numbers from 3, in order, then the [`extra`](Self::extra) ones, and no
/// other fd that this crate or the standard library has opened. `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`,
/// which is its own pid, describe those of the set. If the set is empty, the child has none of these variables,
/// whatever this process or the command had.
///
/// Everything else in the [`Command`] applies: arguments, environment, working directory, standard streams, user and
/// group, and closures added by `pre_exec`, which run before the fds are in place and must not use the numbers from
/// 3. Two settings cannot be read from a command, and have to be repeated here: [`arg0`](Self::arg0) and
/// [`env_clear`](Self::env_clear).
#[must_use = "nothing is started until `spawn` is called"]
pub struct Pass<'a> {
    set: &'a FdSet,
    extras: Vec<BorrowedFd<'a>>,
    arg0: Option<OsString>,
    env_clear: bool,
    pid_variables: Vec<&'a str>,
}

impl FdSet {
    /// Starts a child that inherits the fds. This is the short form of [`pass`](Self::pass).
    ///
    /// # Errors
    ///
    /// See [`Pass::spawn`].
    pub fn spawn(&self, command: &mut Command) -> Result<Child> {
        self.pass().spawn(command)
    }

    /// Prepares to start a child that inherits the fds.
    pub fn pass(&self) -> Pass<'_> {
        Pass::new(self)
    }
}

impl<'a> Pass<'a> {
    fn new(set: &'a FdSet) -> Self {
        Self { set, extras: Vec::new(), arg0: None, env_clear: false, pid_variables: Vec::new() }
    }

    /// Sets the child's argument 0. The default is the program of the command.
    pub fn arg0(mut self, arg0: impl Into<OsString>) -> Self {
        self.arg0 = Some(arg0.into());
        self
    }

    /// Gives the child only the variables set on the command, none of this process.
    ///
    /// Call this even if `Command::env_clear` was called, because that cannot be read from a command.
    pub fn env_clear(mut self) -> Self {
        self.env_clear = true;
        self
    }

    /// Passes a further fd that is not counted in `LISTEN_FDS`, and returns its number in the child.
    ///
    /// The numbers follow those of the set. The caller has to pass the number to the child, in a variable of
    /// its own for example.
    pub fn extra(&mut self, fd: BorrowedFd<'a>) -> RawFd {
        let before = RawFd::try_from(self.set.len() + self.extras.len());
        self.extras.push(fd);
        FIRST + before.unwrap_or(RawFd::MAX - FIRST)
    }

    /// Passes the child its own pid in a variable of this name, too, in decimal digits as in `LISTEN_PID`. By
    /// that, a process can recognise variables that were meant for its parent.
    ///
    /// The pid is known only after fork, so that it cannot be set on the command.
    pub fn pid_variable(mut self, name: &'a str) -> Self {
        self.pid_variables.push(name);
        self
    }

    /// Starts the child.
    ///
    /// A program without a slash is searched in the child's `PATH`. The command can be used again afterwards.
    ///
    /// # Errors
    ///
    /// - [`Spawn`](ErrorKind::Spawn), with the error of the operating system, if no further process can be
    ///   created or the program cannot be executed. A script needs its `#!` line: it is not passed to a shell.
    /// - [`Descriptor`](ErrorKind::Descriptor) if there are not enough free numbers. Starting a child needs up
    ///   to two more for each fd.
    #[expect(clippy::disallowed_methods, reason = "this is where children are started")]
    pub fn spawn(self, command: &mut Command) -> Result<Child> {
        let image = self.image(command)?;
        let fds: Vec<_> = self.set.iter().map(|(_, fd)| fd).chain(self.extras).collect();
        let mut numbers = Numbers::new(fds.into_iter()).map_err(|error| no_room(command, error))?;
        let mut attempts = 0;
        loop {
            let moves = numbers.moves().map_err(|error| no_room(command, error))?;
            let plan = Arc::new(Plan { image: Arc::clone(&image), moves });
            exec::arrange(command, Arc::downgrade(&plan));
            attempts += 1;
            match command.spawn() {
                Ok(child) => return Ok(child),
                Err(error) if is_moved(&error) && attempts < ATTEMPTS => {}
                Err(error) => return Err(not_started(command, error)),
            }
        }
    }

    /// Executes the program in place of this one, in the same process, by execve(2). It returns only if that
    /// failed.
    ///
    /// The pid stays, and every other thread of this process ends without running a destructor. The signals that
    /// are blocked in the calling thread stay blocked, those that are pending stay pending, and those that are
    /// caught get their default action.
    ///
    /// # Errors
    ///
    /// Those of [`spawn`](Self::spawn). The fds may be at the numbers from 3 already, in place of what this process
    /// had there: a program that goes on after the error can rely on none of its descriptors, and is best ended.
    pub fn exec(self, command: &mut Command) -> Error {
        let image = match self.image(command) {
            Ok(image) => image,
            Err(error) => return error,
        };
        let fds: Vec<_> = self.set.iter().map(|(_, fd)| fd).chain(self.extras).collect();
        let moves = Numbers::new(fds.into_iter())
            .and_then(|mut numbers| numbers.moves().map(|moves| (numbers, moves)));
        let (_held, moves) = match moves {
            Ok(moves) => moves,
            Err(error) => return no_room(command, error),
        };
        let plan = Arc::new(Plan { image, moves });
        exec::arrange(command, Arc::downgrade(&plan));
        let error = command.exec();
        not_started(command, error)
    }

    /// What the child executes, in memory that is prepared before fork.
    fn image(&self, command: &Command) -> Result<Arc<Image>> {
        let (arg0, pids) = (self.arg0.as_deref(), &self.pid_variables);
        Image::new(self.set, command, arg0, self.env_clear, pids)
            .map(Arc::new)
            .map_err(|error| not_started(command, error))
    }
}

fn is_moved(error: &io::Error) -> bool {
    error.raw_os_error() == Some(MOVED)
}

const NO_ROOM: &str =
    "there are not enough free fds; raise the limit of open files (RLIMIT_NOFILE)";

fn no_room(command: &Command, error: io::Error) -> Error {
    let message = format!("could not start {:?}: {NO_ROOM}", command.get_program());
    Error::new(ErrorKind::Descriptor, message).because(error)
}

fn not_started(command: &Command, error: io::Error) -> Error {
    let mut message = format!("could not start {:?}", command.get_program());
    if let Some(hint) = hint(command, &error) {
        message.push_str(": ");
        message.push_str(&hint);
    }
    Error::new(ErrorKind::Spawn, message).because(error)
}

/// Distinguishes the causes of `ENOENT` and similar errors.
fn hint(command: &Command, error: &io::Error) -> Option<String> {
    if let Some(folder) = command.get_current_dir().filter(|folder| !folder.is_dir()) {
        return Some(format!("its working directory {} does not exist", folder.display()));
    }
    let program = Path::new(command.get_program());
    let is_there = program.is_absolute() && program.exists();
    Some(match error.raw_os_error()? {
        libc::ENOENT if is_there => {
            "the interpreter of its `#!` line, or its dynamic loader, does not exist".to_owned()
        }
        libc::ENOENT if program.components().count() == 1 && !program.is_absolute() => {
            "there is no such program in PATH".to_owned()
        }
        libc::EACCES if program.is_dir() => "it is a directory".to_owned(),
        libc::EACCES if is_there => {
            "this user may not execute it; look at its mode, and for a noexec mount".to_owned()
        }
        libc::ENOEXEC => "it is neither a program for this machine nor a script".to_owned(),
        libc::ETXTBSY => "some process has it open for writing".to_owned(),
        libc::EAGAIN => "there are too many processes; raise their limit (RLIMIT_NPROC)".to_owned(),
        libc::EMFILE | libc::ENFILE => NO_ROOM.to_owned(),
        MOVED => "the fd numbers from 3 keep changing; a `pre_exec` closure must not touch them"
            .to_owned(),
        _ => return None,
    })
}

impl fmt::Debug for Pass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("set", self.set)
            .field("extras", &self.extras)
            .field("arg0", &self.arg0)
            .field("env_clear", &self.env_clear)
            .field("pid_variables", &self.pid_variables)
            .finish()
    }
}
