//! Reads and sets the disposition of a signal. Every function here is async-signal-safe.

use std::mem::MaybeUninit;
use std::ptr;

use libc::sigaction;
use nix::errno::Errno;

use crate::signal::Signal;

/// Returns whether a signal is ignored.
pub(crate) fn is_ignored(signal: Signal) -> nix::Result<bool> {
    Ok(disposition(signal)? == libc::SIG_IGN)
}

/// Returns whether a signal has its default action.
pub(crate) fn is_default(signal: Signal) -> nix::Result<bool> {
    Ok(disposition(signal)? == libc::SIG_DFL)
}

/// Returns the address of the handler, `SIG_IGN` or `SIG_DFL`.
pub(super) fn disposition(signal: Signal) -> nix::Result<libc::sighandler_t> {
    let mut current = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: a null `act` only queries, and `oldact` points to room for the result.
    let result = unsafe { sigaction(signal.as_raw(), ptr::null(), current.as_mut_ptr()) };
    Errno::result(result)?;
    // SAFETY: it was zeroed, and the call above has initialised it.
    let current = unsafe { current.assume_init() };
    Ok(current.sa_sigaction)
}

/// Calls `run` while a signal has its default action, then restores the handler.
pub(crate) fn with_default_action(signal: Signal, run: impl FnOnce()) -> nix::Result<()> {
    let mut former = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: a null `act` only queries, and `oldact` points to room for the result.
    let result = unsafe { sigaction(signal.as_raw(), ptr::null(), former.as_mut_ptr()) };
    Errno::result(result)?;
    set_default(signal)?;
    run();
    // SAFETY: restores what the first call has initialised.
    let result = unsafe { sigaction(signal.as_raw(), former.as_ptr(), ptr::null_mut()) };
    Errno::result(result).map(drop)
}

/// Ignores a signal.
pub(crate) fn set_ignored(signal: Signal) -> nix::Result<()> {
    // SAFETY: this installs no function, and no handler of another library runs for it.
    let former = unsafe { libc::signal(signal.as_raw(), libc::SIG_IGN) };
    if former == libc::SIG_ERR { Err(Errno::last()) } else { Ok(()) }
}

/// Restores the default action of a signal.
pub(crate) fn set_default(signal: Signal) -> nix::Result<()> {
    // SAFETY: this installs no function, and no handler of another library runs for it.
    let former = unsafe { libc::signal(signal.as_raw(), libc::SIG_DFL) };
    if former == libc::SIG_ERR { Err(Errno::last()) } else { Ok(()) }
}
