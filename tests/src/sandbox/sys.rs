//! The system calls without a safe wrapper.
#![allow(unsafe_code, reason = "one raw system call each")]

use nix::unistd::setsid;
use std::ffi::c_int;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// kill(2), with any signal number: nix knows no real-time signals.
pub(super) fn kill(pid: u32, signal: c_int) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: plain numbers go in, and no memory is involved.
    let result = unsafe { libc::kill(pid, signal) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives the program every signal with its default action.
///
/// Ignored signals stay ignored across exec, and tests may run under `nohup` or in the background
/// of a script, where the shell has SIGINT and SIGQUIT ignored.
pub(super) fn default_signals(command: &mut Command) {
    // SAFETY: between fork and exec `signal` is all that the closure calls; it is
    // async-signal-safe, and the closure neither allocates nor locks.
    unsafe { command.pre_exec(all_to_default) };
}

fn all_to_default() -> io::Result<()> {
    for number in 1..=libc::SIGRTMAX() {
        // SAFETY: no handler of ours is installed. Numbers that cannot be changed are refused.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    Ok(())
}

/// Makes the program leader of a new session whose terminal is its standard input.
pub(super) fn lead_session_on_stdin(command: &mut Command) {
    // SAFETY: between fork and exec `setsid` and `ioctl` are all that the closure calls; both are
    // async-signal-safe, and it neither allocates nor locks.
    unsafe { command.pre_exec(own_terminal) };
}

fn own_terminal() -> io::Result<()> {
    setsid()?;
    // SAFETY: the request takes a number, and no memory is involved.
    let result = unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
