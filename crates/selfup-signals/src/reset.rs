//! Give a child the signal settings of a fresh program.

use std::process::Command;

use crate::{signal::Signal, sys};

/// Has the child start with no signal blocked, and with none ignored but those that this process
/// ignores, as it was asked to itself.
///
/// Both survive `exec`: a child of a supervisor that blocks signals would otherwise never see them,
/// and would hand the same on to its own children. What is ignored stays so, because that is how
/// `nohup` works with `SIGHUP`, and a shell with `SIGINT` and `SIGQUIT` for what a script starts by
/// `program &`; no [`Receiver`](crate::Receiver) changes it. Two signals are at their default in the
/// child whatever they are here: `SIGPIPE`, which Rust's runtime ignores before `main`, and
/// `SIGCHLD`, without which nobody can wait for children.
///
/// Signals that this process handles are put to their default before the mask is lifted, not left
/// to `exec`. So a signal that reaches the child early kills it, as it would any program that has not
/// set up its handlers yet; it is never taken by the parent's handler in the child. To make that
/// hold from the very `fork` on, hold a [`Blocked`](crate::Blocked) guard while the child is started.
///
/// The numbers that the C library keeps for itself (32 and 33 under glibc) are left as they are.
///
/// This registers a closure by [`CommandExt::pre_exec`], to be run between `fork` and `exec`; it
/// only makes async-signal-safe calls and never fails. Closures run in the order in which they are
/// registered: one that does not return must come after.
///
/// [`CommandExt::pre_exec`]: std::os::unix::process::CommandExt::pre_exec
///
/// # Examples
///
/// ```no_run
/// use std::process::Command;
/// use selfup_signals::{Blocked, reset_on_exec};
///
/// let mut command = Command::new("server");
/// reset_on_exec(&mut command);
/// let blocked = Blocked::all()?;
/// let child = command.spawn()?;
/// drop(blocked);
/// # drop(child);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reset_on_exec(command: &mut Command) -> &mut Command {
    sys::reset_before_exec(command)
}

/// Has the child start with a signal ignored, until it installs a handler for it.
///
/// It is for a signal that comes to all processes of a service at once and means the supervisor
/// alone: a child that has not set up its handlers yet would die of it. Call it before
/// [`reset_on_exec`], which leaves it so.
///
/// As that, it registers a closure that is run between `fork` and `exec`. For a signal that cannot be
/// ignored, starting the child fails with `EINVAL`.
///
/// # Examples
///
/// ```no_run
/// use std::process::Command;
/// use selfup_signals::{Signal, ignore_on_exec, reset_on_exec};
///
/// let mut command = Command::new("server");
/// ignore_on_exec(&mut command, Signal::USR2);
/// reset_on_exec(&mut command);
/// # drop(command);
/// ```
pub fn ignore_on_exec(command: &mut Command, signal: Signal) -> &mut Command {
    sys::ignore_before_exec(command, signal)
}
