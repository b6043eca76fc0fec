//! Signals that are ignored, as only the process's own parent can have asked at the start.

use crate::error::{Error, ErrorKind};
use crate::signal::Signal;
use crate::{Result, sys};

/// Says whether a signal is ignored by this process.
///
/// Ignored signals survive `exec`, so at the start of a program this tells what its parent wanted:
/// `nohup` starts programs with `SIGHUP` ignored.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] for the numbers that the C library keeps for itself.
pub fn is_ignored(signal: Signal) -> Result<bool> {
    sys::is_ignored(signal).map_err(|errno| refused(signal, errno))
}

/// Says whether a signal has its default action in this process: it is neither ignored nor handled.
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

/// Puts an ignored signal back to its default action and says whether it was ignored; one that is
/// handled or at its default already is left alone.
///
/// Whoever waits for children calls this once with [`Signal::CHLD`]: a parent that ignored it passes
/// that on, and the kernel then throws the ends of children away, so that waiting for them fails
/// with `ECHILD`.
///
/// Another thread that changes the same signal's disposition at the same moment may be overruled.
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

/// Has a signal do nothing from now on, by a handler: unlike one that is ignored, it has its default
/// action in what this process executes. Needs no descriptor, and cannot be undone.
///
/// # Errors
///
/// [`ErrorKind::NotCatchable`] where the signal is not [catchable](Signal::is_catchable),
/// [`ErrorKind::System`] where the system refuses.
pub fn discard(signal: Signal) -> Result<()> {
    if !signal.is_catchable() {
        let message = format!("could not catch {signal}: no program can, or it must not");
        return Err(Error::new(ErrorKind::NotCatchable, message));
    }
    sys::register_nothing(signal)
        .map_err(|error| Error::system(format!("could not catch {signal}"), error))
}

fn refused(signal: Signal, errno: nix::errno::Errno) -> Error {
    let message = format!("could not ask what happens on {signal}: it is not for programs to use");
    Error::because(ErrorKind::NotCatchable, message, errno)
}
