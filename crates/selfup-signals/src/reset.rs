//! Give a child the signal settings of a fresh program.

use std::process::Command;

use crate::sys;

/// Has the child start with no signal blocked and none ignored, as if from a fresh login.
///
/// Both survive `exec`: a child of a supervisor that blocks or ignores signals would otherwise never
/// see them, and would hand the same on to its own children. One exception: a `SIGHUP` that this
/// process ignores stays ignored, because that is how `nohup` works, and no
/// [`Receiver`](crate::Receiver) changes it.
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
