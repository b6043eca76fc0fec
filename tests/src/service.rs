//! A program deployed in a folder of its own, and the releases that replace it.

use crate::release::{Release, sha1};
use crate::sandbox::{PATIENCE, Process, Sandbox, wait_until};
use crate::visitor::{Held, Visitors, ask};
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// A sandbox with two folders: `bin`, where the program `app` is, and `releases`.
#[derive(Debug)]
#[must_use = "nothing is checked unless `finish` is called"]
pub struct Deployment {
    sandbox: Sandbox,
    executable: PathBuf,
    releases: AtomicU32,
}

impl Deployment {
    /// With nothing in it yet. Releases are copies of `executable`.
    pub fn new(name: &str, executable: impl Into<PathBuf>) -> Self {
        let sandbox = Sandbox::new(name);
        for folder in ["bin", "releases"] {
            fs::create_dir(sandbox.join(folder)).unwrap();
        }
        let beside =
            ["bin/.app.selfup-previous", "bin/.app.selfup-record", "bin/.app.selfup-trial-*"];
        sandbox.expect_files(["releases", "bin/app"].into_iter().chain(beside));
        Self { sandbox, executable: executable.into(), releases: AtomicU32::new(0) }
    }

    /// With a release in the program's place of which these things are noted.
    pub fn with(name: &str, executable: impl Into<PathBuf>, notes: &str) -> (Self, Release) {
        let deployment = Self::new(name, executable);
        let release = deployment.release(notes);
        deployment.install(&release);
        (deployment, release)
    }

    /// Where all of it is.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The path that is started, and replaced.
    pub fn program(&self) -> PathBuf {
        self.sandbox.join("bin/app")
    }

    /// A release of which these things are noted.
    pub fn release(&self, notes: &str) -> Release {
        let number = self.releases.fetch_add(1, Ordering::Relaxed);
        let path = self.sandbox.join(format!("releases/{number}"));
        Release::make(&self.executable, notes, path)
    }

    /// Puts a release in the program's place, as an operator would by hand.
    pub fn install(&self, release: &Release) {
        put(release.path(), &self.program(), 0o755);
    }

    /// The digest of what is at the program's path now.
    pub fn installed(&self) -> String {
        sha1(&self.program())
    }

    /// Waits until this release is at the program's path, which it is once it was committed.
    #[track_caller]
    pub fn wait_installed(&self, release: &Release) {
        wait_until("the release to be at the path", 3 * PATIENCE, || {
            self.installed() == release.id()
        });
    }

    /// The digests of what is on trial beside the program.
    pub fn on_trial(&self) -> Vec<String> {
        let entries = fs::read_dir(self.sandbox.join("bin")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| kind(path).ends_with('*')).map(|path| sha1(&path)).collect()
    }

    /// Waits until these are the files in the program's folder, hidden ones too, with `*` for what is
    /// random in the name of one on trial. Some come and go: a process that installs, or checks that it
    /// could, holds a lock file.
    #[track_caller]
    pub fn wait_listing(&self, expected: &[&str]) {
        let asked = Instant::now();
        let mut found = Vec::new();
        wait_until("the files in the program's folder", 2 * PATIENCE, || {
            let entries = fs::read_dir(self.sandbox.join("bin")).unwrap();
            found = entries.map(|entry| kind(&entry.unwrap().path())).collect();
            found.sort_unstable();
            found == expected || asked.elapsed() >= PATIENCE
        });
        assert_eq!(found, expected);
    }

    /// Starts the program, on a free port, with these arguments.
    #[track_caller]
    pub fn start<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Service {
        let mut command = Command::new(self.program());
        command.arg("address=127.0.0.1:0").args(words);
        self.start_as(command)
    }

    /// Starts the program by this command; it has to listen somewhere.
    #[track_caller]
    pub fn start_as(&self, command: Command) -> Service {
        let process = self.sandbox.start(command);
        // Not before it serves: what is sent to it earlier waits, but is no test of anything.
        process.wait_line("listens on", PATIENCE);
        let address = process.wait_listening(PATIENCE);
        Service { process, address }
    }

    /// Ends the test, as [`Sandbox::finish`] does.
    pub fn finish(self) {
        self.sandbox.finish();
    }
}

fn kind(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    match name.split_once(".selfup-trial-") {
        Some((start, _)) => format!("{start}.selfup-trial-*"),
        None => name,
    }
}

/// Copies a file to a path by a rename, in another process (see [`Sandbox::copy`]).
pub fn put(from: &Path, to: &Path, mode: u32) {
    let script = "cp -- \"$0\" \"$1.by-hand\" && chmod \"$2\" \"$1.by-hand\" && \
                  mv -fT -- \"$1.by-hand\" \"$1\"";
    let status = Command::new("sh")
        .args(["-c", script])
        .args([from, to])
        .arg(format!("{mode:o}"))
        .status()
        .unwrap();
    assert!(status.success(), "put {} to {}: {status}", from.display(), to.display());
}

/// The program, as it runs.
#[derive(Debug)]
pub struct Service {
    process: Process,
    address: SocketAddr,
}

impl Service {
    /// The master; where there is none, the program itself.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a line and returns the response.
    #[track_caller]
    pub fn ask(&self, line: &str) -> String {
        ask(self.address, line).expect("the service answers")
    }

    /// The value of a word in the response to `id`.
    #[track_caller]
    pub fn ask_for(&self, key: &str) -> String {
        let response = self.ask("id");
        let value = response.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {key} in {response}")).to_owned()
    }

    /// Starts a request, which stays with the child that is active now.
    #[track_caller]
    pub fn hold(&self) -> Held {
        let held = Held::start(self.address);
        self.process.wait_line("holds a request", PATIENCE);
        held
    }

    /// Clients that connect now and stay until they are asked to leave.
    pub fn visitors(&self) -> Visitors {
        Visitors::come(self.address)
    }

    /// Waits until this version is the only one that responds: a successor has taken
    /// over when the old one has stopped to accept.
    #[track_caller]
    pub fn wait_version(&self, version: u32) {
        let start = format!("v{version} ");
        let mut in_a_row = 0;
        // It may be fetched, hashed, run and flushed to a busy disk before.
        wait_until(&format!("version {version} to answer"), 3 * PATIENCE, || {
            in_a_row = if self.ask("hello").starts_with(&start) { in_a_row + 1 } else { 0 };
            in_a_row == 5
        });
    }

    /// Asks once which version it is.
    #[track_caller]
    pub fn is_version(&self, version: u32) {
        let response = self.ask("hello");
        assert!(response.starts_with(&format!("v{version} ")), "version {version}: {response}");
    }

    /// The master's warning with all of these words in it.
    #[track_caller]
    pub fn wait_warning(&self, words: &[&str]) -> String {
        self.process.wait_line_where(&format!("warning of {words:?}"), PATIENCE, |line| {
            line.starts_with("[selfup") && words.iter().all(|word| line.contains(word))
        })
    }

    /// All that the master said so far.
    pub fn messages(&self) -> Vec<String> {
        let mut lines = self.process.lines();
        // The warning that nothing protects a source appears each time, and has tests of its own.
        lines.retain(|line| line.starts_with("[selfup") && !line.contains("neither encrypted"));
        lines
    }

    /// All that it warned of, by default: without the good news of an upgrade.
    pub fn warnings(&self) -> Vec<String> {
        let news = ["[selfup master] upgraded", "[selfup master] committed"];
        let mut lines = self.messages();
        lines.retain(|line| !news.iter().any(|start| line.starts_with(start)));
        lines
    }

    /// Asks for a restart as an operator would.
    pub fn restart(&self) {
        self.process.signal(libc::SIGUSR2);
    }

    /// Ends it as a process manager would; how it ended.
    #[track_caller]
    pub fn terminate(&self) -> ExitStatus {
        self.process.signal(libc::SIGTERM);
        self.process.wait(PATIENCE)
    }
}
