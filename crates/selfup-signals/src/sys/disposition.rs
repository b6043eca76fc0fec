//! What the process does on a signal. Every function here is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::sigaction;
use nix::errno::Errno;

use crate::signal::Signal;

/// Says whether a signal is ignored.
pub(crate) fn is_ignored(signal: Signal) -> nix::Result<bool> {
    Ok(disposition(signal)? == libc::SIG_IGN)
}

/// Says whether a signal has its default action.
pub(crate) fn is_default(signal: Signal) -> nix::Result<bool> {
    Ok(disposition(signal)? == libc::SIG_DFL)
}

/// The address of the handler, or one of the two constants.
fn disposition(signal: Signal) -> nix::Result<libc::sighandler_t> {
    let mut current = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: a null `act` only asks, and `oldact` points to room for the answer.
    let result = unsafe { sigaction(signal.as_raw(), ptr::null(), current.as_mut_ptr()) };
    Errno::result(result)?;
    // SAFETY: it was zeroed, and the call above has filled it in.
    let current = unsafe { current.assume_init() };
    Ok(current.sa_sigaction)
}

/// Runs something while a signal has its default action, and gives it back its handler then.
pub(crate) fn with_default_action(signal: Signal, run: impl FnOnce()) -> nix::Result<()> {
    let mut former = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: a null `act` only asks, and `oldact` points to room for the answer.
    let result = unsafe { sigaction(signal.as_raw(), ptr::null(), former.as_mut_ptr()) };
    Errno::result(result)?;
    set_default(signal)?;
    run();
    // SAFETY: puts back what the call above has filled in.
    let result = unsafe { sigaction(signal.as_raw(), former.as_ptr(), ptr::null_mut()) };
    Errno::result(result).map(drop)
}

/// Has a signal ignored.
pub(crate) fn set_ignored(signal: Signal) -> nix::Result<()> {
    // SAFETY: installs no function, and the libraries that installed one are not called on it.
    let former = unsafe { libc::signal(signal.as_raw(), libc::SIG_IGN) };
    if former == libc::SIG_ERR { Err(Errno::last()) } else { Ok(()) }
}

/// Puts a signal back to its default action.
pub(crate) fn set_default(signal: Signal) -> nix::Result<()> {
    // SAFETY: installs no function, and the libraries that installed one are not called on it.
    let former = unsafe { libc::signal(signal.as_raw(), libc::SIG_DFL) };
    if former == libc::SIG_ERR { Err(Errno::last()) } else { Ok(()) }
}
