//! Runs a program on a terminal, and types on its keyboard.

use super::process::Running;
use super::sys;
use nix::fcntl::{OFlag, open};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Instant;

/// The keyboard of a pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    keyboard: File,
}

impl Terminal {
    /// What Ctrl-C types.
    pub const CTRL_C: &[u8] = b"\x03";
    /// What Ctrl-Z types.
    pub const CTRL_Z: &[u8] = b"\x1a";
    /// What Ctrl-\ types.
    pub const CTRL_BACKSLASH: &[u8] = b"\x1c";

    /// Types these bytes. The terminal turns some of them into signals to its foreground group.
    pub fn press(&self, keys: &[u8]) {
        (&self.keyboard).write_all(keys).unwrap();
    }
}

pub(super) fn start(mut command: Command, start: Instant) -> (Running, Terminal) {
    let (master, slave) = open_pair();
    let stream = || slave.try_clone().unwrap();
    command.stdin(stream()).stdout(stream()).stderr(stream());
    sys::lead_session_on_stdin(&mut command);
    let running = Running::spawn(command, start);
    // The end of the program is the end of the recording only if this process does not hold its side.
    drop(slave);
    let keyboard = File::from(OwnedFd::from(master));
    running.transcript().record("tty", keyboard.try_clone().unwrap());
    (running, Terminal { keyboard })
}

/// Both sides are close-on-exec from the first moment on, since tests beside this one fork.
fn open_pair() -> (PtyMaster, OwnedFd) {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = posix_openpt(flags).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname_r(&master).unwrap();
    let slave = open(name.as_str(), flags, Mode::empty()).unwrap();
    (master, slave)
}
