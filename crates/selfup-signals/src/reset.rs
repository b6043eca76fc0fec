//! Gives a child the signal settings of a fresh program.

use std::process::Command;

use crate::{signal::Signal, sys};

/// Starts the child with no signal blocked, and with no signal ignored that this process was not asked to
/// ignore itself.
///
/// Masks and ignored signals survive `exec`: a child of a supervisor that blocks signals would never
/// receive them, and would pass the same mask on to its own children. Signals that are ignored here stay
/// ignored, because `nohup` relies on that with `SIGHUP`, and a shell with `SIGINT` and `SIGQUIT` for a
/// program that a script starts with `program &`. No [`Receiver`](crate::Receiver) changes that. Two
/// signals are always at their default in the child: `SIGPIPE`, which Rust's runtime ignores before
/// `main`, and `SIGCHLD`, because a process that ignores it cannot wait for children.
///
/// Signals that this process handles are set to their default before the mask is lifted, rather than by
/// `exec`. So a signal that reaches the child early kills it, as it kills any program that has not set
/// up its handlers yet, and the parent's handler never runs in the child. To extend this to the `fork`
/// itself, hold a [`Blocked`](crate::Blocked) guard while the child is started.
///
/// The numbers that the C library reserves for itself (32 and 33 under glibc) are left unchanged.
///
/// This registers a closure with [`CommandExt::pre_exec`], which runs between `fork` and `exec`. It makes
/// async-signal-safe calls only, and fails only if the mask cannot be set. Closures run in the order in
/// which they are registered: one that does not return has to come after.
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

/// Starts the child with a signal ignored, until the child installs a handler for it.
///
/// Use it for a signal that is sent to all processes of a service at once, but concerns the supervisor
/// alone: it would kill a child that has not set up its handlers yet. Call this before
/// [`reset_on_exec`], which leaves the signal ignored.
///
/// This, too, registers a closure that runs between `fork` and `exec`. If the signal cannot be ignored,
/// starting the child fails with `EINVAL`.
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
