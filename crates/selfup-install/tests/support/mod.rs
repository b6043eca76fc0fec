//! A directory to install in, executables to install, and waiting with a deadline.
#![allow(dead_code, reason = "no test file needs all of it")]
#![allow(clippy::print_stderr, reason = "a test says what it leaves out")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::poll::poll;
use nix::sys::statvfs::{FsFlags, statvfs};
use selfup_install::{Checks, Error, ErrorKind, Expected, Installed, Staged, Target, Trial};
use tempfile::TempDir;

/// Far longer than anything here takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A script that responds to the probe, like a program that calls `sanity_check()` first.
pub(crate) fn probe_script(comment: &str) -> Vec<u8> {
    format!("#!/bin/sh\n# {comment}\nprintf '%s\\n' \"$SELFUP_BIN_CHECK\"\n").into_bytes()
}

pub(crate) fn script(body: &str) -> Vec<u8> {
    format!("#!/bin/sh\n{body}\n").into_bytes()
}

/// A directory with an executable `app` in it.
pub(crate) struct Sandbox {
    directory: TempDir,
    below: Option<PathBuf>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    fn within(parent: &Path) -> Self {
        let directory = tempfile::tempdir_in(parent).unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let sandbox = Self { directory, below: None };
        sandbox.put("app", &probe_script("one"), 0o755);
        sandbox
    }

    /// The same one level down, so that what is beside it does not count; in memory where programs
    /// may be run from there, because a thousand flushes to a disk take their time.
    pub(crate) fn below() -> Self {
        let memory = Path::new("/dev/shm");
        let runs_programs =
            statvfs(memory).is_ok_and(|fs| !fs.flags().contains(FsFlags::ST_NOEXEC));
        let mut sandbox = if runs_programs { Self::within(memory) } else { Self::new() };
        sandbox.below = Some(sandbox.path().join("below"));
        fs::create_dir(sandbox.path()).unwrap();
        sandbox.put("app", &probe_script("one"), 0o755);
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.below.as_deref().unwrap_or_else(|| self.directory.path())
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn app(&self) -> PathBuf {
        self.join("app")
    }

    pub(crate) fn target(&self) -> Target {
        Target::new(self.app()).unwrap()
    }

    pub(crate) fn put(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A copy of one of this package's examples, made by another process: this one may fork at any
    /// time while it has the copy open for writing, which then cannot be executed.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        let path = self.join(name);
        assert!(Command::new("cp").arg(example(name)).arg(&path).status().unwrap().success());
        path
    }

    /// All names in the directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    /// The same, with `*` for what is random in the names of those on trial.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut names = self.names();
        for name in &mut names {
            if let Some((start, _)) = name.clone().split_once(".selfup-trial-") {
                *name = format!("{start}.selfup-trial-*");
            }
        }
        names
    }

    pub(crate) fn temporaries(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.contains(".selfup-new-"));
        names
    }
}

/// Where cargo put an example of this package.
pub(crate) fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "no {}: run the tests of the whole package", path.display());
    path
}

pub(crate) fn staged(target: &Target, content: &[u8]) -> Staged {
    let mut staged = target.stage(Expected::new()).unwrap();
    let size = staged.write(&mut &content[..], &mut |_| ()).unwrap();
    assert_eq!(size, content.len() as u64);
    staged
}

pub(crate) fn install(target: &Target, content: &[u8]) -> Installed {
    staged(target, content).verify(Checks::new()).unwrap().install().unwrap()
}

pub(crate) fn try_out(target: &Target, content: &[u8]) -> Trial {
    staged(target, content).verify(Checks::new()).unwrap().try_out().unwrap()
}

/// Asserts the kind, and that the text is one lower-case line that holds all of `words`.
#[track_caller]
pub(crate) fn assert_says(error: &Error, kind: ErrorKind, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(!text.contains('\n') && text.starts_with(char::is_lowercase), "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

/// Waits until the condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < until, "not in {DEADLINE:?}: {what}");
        poll(&mut [], 2_u8).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests start real processes")]
pub(crate) fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap()
}

/// Whether a test may do what only root may; says so if not.
pub(crate) fn is_root(test: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        let line = format!("{test}: needs root\n");
        eprint!("left out: {line}");
        note_left_out(&line);
    }
    root
}

/// Whether a program is there that a test needs; says so if not.
pub(crate) fn has_program(name: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    if !found.status.success() {
        let thread = std::thread::current();
        let line = format!("{}: needs the program {name}\n", thread.name().unwrap_or("a test"));
        eprint!("left out: {line}");
        note_left_out(&line);
    }
    found.status.success()
}

/// `cargo xtask test` lists what is noted here.
#[expect(clippy::disallowed_methods, reason = "the environment says where to note it")]
fn note_left_out(line: &str) {
    if let Some(file) = std::env::var_os("SELFUP_TESTS_LEFT_OUT") {
        let file = fs::OpenOptions::new().create(true).append(true).open(file);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}
