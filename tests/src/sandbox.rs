//! A place for one test: a folder, the programs started in it, and an end that leaves nothing.
//!
//! ```
//! use selfup_tests::sandbox::{PATIENCE, Sandbox};
//! use std::process::Command;
//!
//! let sandbox = Sandbox::new("greeting");
//! let mut shell = Command::new("sh");
//! shell.args(["-c", "echo hello; exit 3"]);
//! let process = sandbox.start(shell);
//! process.wait_line("hello", PATIENCE);
//! assert_eq!(process.wait(PATIENCE).code(), Some(3));
//! sandbox.finish();
//! ```
//!
//! Everything started here carries the sandbox's folder in its environment, and so does what that
//! starts in turn; a program with an emptied environment is still known by an executable or a
//! working folder inside. So the sandbox finds all of it again, however deep it was forked. When a
//! test fails, every line that any of its processes wrote is printed with its time.
//!
//! Linux only: it looks into `/proc`.

mod leftovers;
mod listening;
mod proc;
mod process;
mod sys;
mod terminal;
mod transcript;
mod wait;
mod watch;

pub use listening::{tcp_connecting, tcp_listeners, udp_sockets};
pub use proc::{children_of, fds_of, state_of, threads_of};
pub use process::Process;
pub use terminal::Terminal;
pub(crate) use wait::try_wait_for;
pub use wait::{PATIENCE, wait_for, wait_until};

use process::Running;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Set in the environment of everything that runs in a sandbox; the value is its folder.
const MARKER: &str = "SELFUP_TEST_SANDBOX";

/// How long a process may take to leave the process table after the signal that ends it.
const LINGER: Duration = Duration::from_secs(5);

/// See the [module](self).
#[derive(Debug)]
#[must_use = "nothing is checked unless `finish` is called"]
pub struct Sandbox {
    name: String,
    folder: TempDir,
    start: Instant,
    started: Mutex<Vec<Arc<Running>>>,
    expected: Mutex<BTreeSet<PathBuf>>,
    finished: bool,
}

impl Sandbox {
    /// A fresh and empty folder. The name is for people who read messages and paths.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir().unwrap();
        Self {
            name: name.to_owned(),
            folder,
            start: Instant::now(),
            started: Mutex::default(),
            expected: Mutex::default(),
            finished: false,
        }
    }

    /// The sandbox's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path inside, whether something is there or not.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Copies an executable in under this name, replacing what is there, and expects it to stay.
    ///
    /// Another process does the writing: were the file open for writing in this one, a test beside
    /// this one could fork at that moment, and executing the copy would fail with `ETXTBSY`.
    pub fn copy(&self, executable: impl AsRef<Path>, name: &str) -> PathBuf {
        let (from, to) = (executable.as_ref(), self.join(name));
        let status = Command::new("cp")
            .args(["--preserve=mode", "--remove-destination", "--"])
            .args([from, &to])
            .status()
            .unwrap();
        assert!(status.success(), "cp {} {}: {status}", from.display(), to.display());
        self.expect_files([name]);
        to
    }

    /// Writes a file inside, and expects it to stay.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, content).unwrap();
        self.expect_files([name]);
        path
    }

    /// Writes a script inside that can be run at once, and expects it to stay. Another process does
    /// the writing, as in [`copy`](Self::copy).
    pub fn script(&self, name: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.join(&name);
        let write = "umask 022; mkdir -p -- \"${1%/*}\" && printf %s \"$2\" > \"$1\" && chmod 755 -- \"$1\"";
        let status = Command::new("sh").args(["-c", write, "sh"]).arg(&path).arg(text).status();
        assert!(status.is_ok_and(|status| status.success()), "cannot write {}", path.display());
        self.expect_files([name]);
        path
    }

    /// These files, or files in these folders, may be there at the end. A name that ends with `*`
    /// stands for all that begin so.
    pub fn expect_files(&self, names: impl IntoIterator<Item = impl AsRef<Path>>) {
        let mut expected = self.expected.lock().unwrap();
        expected.extend(names.into_iter().map(|name| name.as_ref().to_path_buf()));
    }

    /// Starts the command with both output streams recorded and nothing to read.
    ///
    /// It runs in the sandbox's folder, unless it was given another. Every signal has its default
    /// action, however the tests were started; a program that shall find one ignored is started
    /// by a shell that traps it (`trap '' CHLD; exec …`).
    pub fn start(&self, command: Command) -> Process {
        self.keep(Running::start(self.prepared(command), self.start))
    }

    /// Starts the command on a pseudo-terminal of its own, as leader of its session and in the
    /// foreground. What it writes to either stream is recorded together.
    pub fn start_on_terminal(&self, command: Command) -> (Process, Terminal) {
        let (running, terminal) = terminal::start(self.prepared(command), self.start);
        (self.keep(running), terminal)
    }

    fn prepared(&self, mut command: Command) -> Command {
        if command.get_current_dir().is_none() {
            command.current_dir(self.path());
        }
        command.env(MARKER, self.path());
        sys::default_signals(&mut command);
        command
    }

    fn keep(&self, running: Running) -> Process {
        let running = Arc::new(running);
        watch::add(&running);
        self.started.lock().unwrap().push(Arc::clone(&running));
        Process::new(running)
    }

    /// Ends the test: every process has ended and only expected files are there, else it panics
    /// and says what was left.
    pub fn finish(mut self) {
        self.finish_within(LINGER);
    }

    fn finish_within(&mut self, linger: Duration) {
        self.finished = true;
        let processes = leftovers::processes(self.path(), &self.started(), linger);
        let files = leftovers::files(self.path(), &self.expected.lock().unwrap());
        assert!(
            processes.is_empty() && files.is_empty(),
            "the sandbox {} is left with\n{}",
            self.name,
            [processes, files].concat().join("\n")
        );
    }

    fn started(&self) -> Vec<Arc<Running>> {
        // Asked for while a failed test unwinds, too.
        self.started.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let started = self.started();
        leftovers::kill(self.path(), &started);
        if std::thread::panicking() {
            eprintln!("── what ran in the sandbox {}", self.name);
            for running in started {
                eprint!("{running}");
            }
        } else {
            assert!(self.finished, "the sandbox {} was dropped without finish()", self.name);
        }
    }
}

#[cfg(test)]
mod tests;
