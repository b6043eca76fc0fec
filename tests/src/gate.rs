//! A point at which a program under test waits until the test lets it pass.
//!
//! It is a FIFO in the folder of the test: opening it for reading sleeps in the kernel until the test
//! opens it for writing. This needs no handler and no measured time.

use crate::sandbox::{PATIENCE, Sandbox, wait_for};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The test's side: closed until it is opened.
#[derive(Debug)]
pub struct Gate {
    path: PathBuf,
}

impl Gate {
    /// Puts a closed gate of this name into the sandbox.
    pub fn closed(sandbox: &Sandbox, name: &str) -> Self {
        let path = sandbox.join(name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        sandbox.expect_files([name]);
        Self { path }
    }

    /// Waits until a process stands before the gate, and lets it pass. What is written to the
    /// result is what it reads there.
    #[track_caller]
    pub fn open(&self) -> File {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(libc::O_NONBLOCK);
        // Without a reader, opening fails at once.
        let what = format!("somebody at the gate {}", self.path.display());
        wait_for(&what, PATIENCE, || options.open(&self.path).ok())
    }
}

/// The program's side: returns once the gate of this name in the working folder was opened; at
/// once if there is none.
pub fn pass(name: &str) {
    if Path::new(name).exists() {
        drop(File::open(name).unwrap());
    }
}
