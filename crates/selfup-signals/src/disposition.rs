//! What this process does on a signal: ignore it, take the default action, or discard it.

use crate::error::{Error, ErrorKind, Result};
use crate::signal::Signal;
use crate::sys;

/// Returns whether this process ignores a signal.
///
/// Ignored signals stay ignored across `exec`, so at the start of a program this shows what its parent
/// wanted: `nohup` starts programs with `SIGHUP` ignored.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] for the numbers that the C library keeps for itself.
pub fn is_ignored(signal: Signal) -> Result<bool> {
    sys::is_ignored(signal).map_err(|errno| refused(signal, errno))
}

/// Returns whether a signal has its default action in this process: it is neither ignored nor handled.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] for the numbers that the C library keeps for itself.
///
/// # Examples
///
/// ```
/// use selfup_signals::{Receiver, Signal, is_default};
///
/// assert!(is_default(Signal::USR1)?);
/// let _receiver = Receiver::new([Signal::USR1])?;
/// assert!(!is_default(Signal::USR1)?);
/// # Ok::<(), selfup_signals::Error>(())
/// ```
pub fn is_default(signal: Signal) -> Result<bool> {
    sys::is_default(signal).map_err(|errno| refused(signal, errno))
}

/// Restores the default action of an ignored signal, and returns whether the signal was ignored. A
/// signal that is handled, or at its default already, is left alone.
///
/// A process that waits for children calls this once with [`Signal::CHLD`]: it inherits an ignored
/// `SIGCHLD` from its parent, and the kernel then discards the exit status of each child, so that
/// waiting fails with `ECHILD`.
///
/// If another thread changes the disposition of the same signal at the same moment, that change may be
/// lost.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] for the numbers that the C library keeps for itself.
///
/// # Examples
///
/// ```
/// use selfup_signals::{Signal, unignore};
///
/// // Rust's runtime ignores SIGPIPE before `main`.
/// assert!(unignore(Signal::PIPE)?);
/// assert!(!unignore(Signal::PIPE)?);
/// # Ok::<(), selfup_signals::Error>(())
/// ```
pub fn unignore(signal: Signal) -> Result<bool> {
    let ignored = is_ignored(signal)?;
    if ignored {
        sys::set_default(signal).map_err(|errno| refused(signal, errno))?;
    }
    Ok(ignored)
}

/// Discards a signal from now on, by a handler that does nothing.
///
/// Unlike an ignored signal, it has its default action again in a program that this process executes.
/// The handler needs no descriptor, and cannot be removed.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] if the signal is not [catchable](Signal::is_catchable),
/// [`ErrorKind::System`] if the system refuses.
pub fn discard(signal: Signal) -> Result<()> {
    if !signal.is_catchable() {
        let message = format!("could not catch {signal}: no program can, or it must not");
        return Err(Error::new(ErrorKind::NotCatchable, message));
    }
    sys::register_nothing(signal)
        .map_err(|error| Error::system(format!("could not catch {signal}"), error))
}

fn refused(signal: Signal, errno: nix::errno::Errno) -> Error {
    let message = format!(
        "could not query the disposition of {signal}: the C library reserves it for itself"
    );
    Error::because(ErrorKind::NotCatchable, message, errno)
}
