//! Kills the installer at every system call that touches a file, and makes each such call fail once.
//!
//! Whatever happens, the path holds the old or the new executable, whole, and the next start recovers
//! and removes stale files.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a test says how much it has looked at")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;

use selfup_install::{Id, Installed, Start, Target, Trial};
use support::{Sandbox, example, has_program, install, probe_script, try_out};

/// Calls at which the program is not killed: every program makes them, and they touch no files.
const NO_FILE: [&str; 5] = ["execve", "mmap", "lseek", "ioctl", "fcntl"];

/// A user id that no user here has.
const OWNER: u32 = 1234;

/// The errors that a call can have; `arguments` are those that strace prints. A call that was interrupted
/// has to be repeated.
fn failures(call: &str, arguments: &str) -> &'static [&'static str] {
    match call {
        "open" | "openat" if arguments.contains("O_RDONLY") && !arguments.contains("O_CREAT") => {
            &["EACCES", "EMFILE", "EINTR"]
        }
        "open" | "openat" => &["EACCES", "EROFS", "ENOSPC", "EMFILE", "EINTR"],
        "write" => &["ENOSPC", "EIO", "EDQUOT", "EINTR"],
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
            &["ENOSPC", "EIO", "EACCES", "EROFS", "EXDEV"]
        }
        "unlink" | "unlinkat" => &["EIO", "EACCES", "EROFS"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC", "EROFS", "EINTR"],
        "fchmod" | "fchown" | "fsetxattr" | "ftruncate" | "fallocate" => {
            &["EIO", "EROFS", "EPERM", "ENOSPC", "EINTR"]
        }
        "flock" => &["ENOLCK", "EINTR"],
        "read" | "pread64" => &["EIO", "EINTR"],
        // One that was interrupted has closed all the same, which cannot be shown in this way.
        "close" => &["EIO"],
        _ => &["EIO"],
    }
}

/// Where a run begins and what it does.
struct Scene {
    name: &'static str,
    /// Prepares the directory for the run.
    prepare: fn(&Target),
    program: &'static str,
    argument: Option<&'static str>,
    /// The program rolls back on request: what is rolled back from is refused from then on.
    goes_back: bool,
}

fn on_trial(target: &Target) {
    drop(install(target, &probe_script("two")));
}

fn failed_three_times(target: &Target) {
    on_trial(target);
    for _ in 0..3 {
        drop(target.begin(3).unwrap());
    }
}

fn beside(target: &Target) {
    drop(try_out(target, &probe_script("two")));
}

fn taken_up_three_times(target: &Target) {
    beside(target);
    for _ in 0..3 {
        drop(target.begin(3).unwrap());
    }
}

const SCENES: [Scene; 14] = [
    Scene::of("install", |_| (), "install", None, false),
    // Over one that is on trial, where another one is to be kept.
    Scene::of(
        "install over",
        |target| drop(install(target, &probe_script("three"))),
        "install",
        None,
        false,
    ),
    Scene::of("count", on_trial, "recover", Some("begin"), false),
    Scene::of("commit", on_trial, "recover", Some("commit"), false),
    Scene::of("give up", failed_three_times, "recover", Some("begin"), true),
    Scene::of("roll_back", on_trial, "recover", Some("roll_back"), true),
    Scene::of("rollback", on_trial, "recover", Some("rollback"), true),
    Scene::of("try", |_| (), "install", Some("try"), false),
    // Where a leftover that no process holds is there already, and one that was refused for its behaviour.
    Scene::of(
        "try one more",
        |target| {
            drop(try_out(target, &probe_script("three")));
            target.fail(id("two"), "it crashed long ago").unwrap();
        },
        "install",
        Some("try"),
        false,
    ),
    Scene::of("commit beside", beside, "recover", Some("commit"), false),
    // Over one that was replaced once before.
    Scene::of(
        "commit over",
        |target| {
            install(target, &probe_script("three")).commit().unwrap();
            beside(target);
        },
        "recover",
        Some("commit"),
        false,
    ),
    Scene::of("give up beside", taken_up_three_times, "recover", Some("begin"), false),
    Scene::of("roll_back beside", beside, "recover", Some("roll_back"), false),
    Scene::of("rollback beside", beside, "recover", Some("rollback"), false),
];

impl Scene {
    const fn of(
        name: &'static str,
        prepare: fn(&Target),
        program: &'static str,
        argument: Option<&'static str>,
        goes_back: bool,
    ) -> Self {
        Self { name, prepare, program, argument, goes_back }
    }

    fn is_beside(&self) -> bool {
        ["beside", "try", "commit over"].iter().any(|word| self.name.contains(word))
    }

    /// Runs the program of the scene with its argument under strace.
    fn run(&self, sandbox: &Sandbox, strace: &[&str]) -> ExitStatus {
        let mut command = Command::new("strace");
        command.args(["-o", sandbox.join("../trace").to_str().unwrap()]).args(strace);
        command.arg(example(self.program)).arg(sandbox.app()).args(self.argument);
        let new = File::open(sandbox.join("../new")).unwrap();
        command.stdin(new).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    }

    /// A directory that all runs begin with a copy of: with an attribute that is to be carried over,
    /// and, where we may give files away, an owner too.
    fn template(&'static self) -> Template {
        let sandbox = Sandbox::below();
        // Not every file system in memory has such attributes.
        let code = "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'kept')";
        Command::new("python3").args(["-c", code]).arg(sandbox.app()).output().unwrap();
        if nix::unistd::geteuid().is_root() {
            chown(sandbox.app(), Some(OWNER), Some(OWNER)).unwrap();
        }
        (self.prepare)(&sandbox.target());
        fs::write(sandbox.join("../new"), probe_script("two")).unwrap();
        Template { scene: self, sandbox }
    }
}

/// A scene that is ready to run.
struct Template {
    scene: &'static Scene,
    sandbox: Sandbox,
}

impl Template {
    fn copy(&self) -> Sandbox {
        let copy = Sandbox::below();
        let (from, to) = (self.sandbox.join(".."), copy.join(".."));
        let from = from.join(".");
        assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
        copy
    }

    /// Every call that touches a file in the directory, as the name of the call, how many of that name
    /// came before it, and how it may fail.
    fn calls(&self) -> Vec<(String, usize, &'static [&'static str])> {
        let (scene, sandbox) = (self.scene, self.copy());
        assert!(scene.run(&sandbox, &["-y"]).success(), "{}", scene.name);
        let trace = fs::read_to_string(sandbox.join("../trace")).unwrap();
        let directory = fs::canonicalize(sandbox.path()).unwrap();
        let directory = directory.to_str().unwrap();
        let mut seen = BTreeMap::new();
        let mut calls = Vec::new();
        for line in trace.lines() {
            let Some((call, rest)) = line.split_once('(') else { continue };
            let count = seen.entry(call.to_owned()).or_insert(0);
            *count += 1;
            if rest.contains(directory) && !NO_FILE.contains(&call) {
                calls.push((call.to_owned(), *count, failures(call, rest)));
            }
        }
        assert!(calls.len() > 20, "{}: {trace}", scene.name);
        calls
    }
}

/// One failure.
struct Point<'a> {
    template: &'a Template,
    scene: &'static Scene,
    call: String,
    number: usize,
    /// The error; with none, the process is killed.
    error: Option<&'static str>,
}

impl std::fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, error) = (self.scene.name, self.error.unwrap_or("SIGKILL"));
        write!(f, "{name}: {error} at {} number {}", self.call, self.number)
    }
}

impl Point<'_> {
    fn hold(&self) -> Result<(), String> {
        let sandbox = self.template.copy();
        let what = self.error.map_or("signal=SIGKILL".into(), |error| format!("error={error}"));
        let inject = format!("inject={}:{what}:when={}", self.call, self.number);
        let end = self.scene.run(&sandbox, &["-e", &inject]);
        if self.error.is_none() && end.signal() != Some(9) && end.code() != Some(137) {
            return Err(format!("was not killed: {end}"));
        }
        if self.error == Some("EINTR") && !end.success() {
            return Err(format!("was not made again: {end}"));
        }
        let now = at_the_path(&sandbox)?;
        if !self.may_be_there().contains(&now) {
            return Err(format!("{now} has not proved itself, and is at the path"));
        }
        self.recover(&sandbox).map_err(|why| {
            let trace = fs::read_to_string(sandbox.join("../trace")).unwrap_or_default();
            format!(
                "{why}; {:?}\n{}",
                sandbox.names(),
                trace.lines().rev().take(12).collect::<Vec<_>>().join("\n")
            )
        })
    }

    /// What is on trial beside the target is at the path once it was committed, and not before.
    fn may_be_there(&self) -> Vec<Id> {
        let names: &[&str] = match self.scene.name {
            "commit beside" => &["one", "two"],
            "commit over" => &["three", "two"],
            name if self.scene.is_beside() => {
                assert!(!name.contains("commit"));
                &["one"]
            }
            _ => &["one", "two", "three"],
        };
        names.iter().map(|name| id(name)).collect()
    }

    /// The next start, and the next look whether an upgrade is possible.
    fn recover(&self, sandbox: &Sandbox) -> Result<(), String> {
        let target = Target::new(sandbox.app()).map_err(|error| error.to_string())?;
        let start = target.begin(4).map_err(|error| error.to_string())?;
        target.preflight().map_err(|error| error.to_string())?;
        let now = at_the_path(sandbox)?;
        let refused: BTreeSet<_> =
            target.refusals().unwrap().iter().map(|refusal| refusal.id()).collect();

        let trials = sandbox.names().iter().filter(|name| name.contains("selfup-trial-")).count();
        let on_trial = matches!(start, Start::OnTrial { .. } | Start::Beside { .. });
        let previous = target.previous();
        let mut expected = vec!["app"];
        // Another master's, which was there before.
        let most = if self.scene.name == "try one more" { 2 } else { 1 };
        if trials > 0 && trials <= most && matches!(start, Start::Beside { .. }) {
            (0..trials).for_each(|_| expected.insert(0, ".app.selfup-trial-*"));
        }
        if on_trial || !refused.is_empty() {
            expected.insert(0, ".app.selfup-record");
        }
        if previous.is_some() {
            expected.insert(0, ".app.selfup-previous");
        }
        if sandbox.kinds() != expected {
            return Err(format!("litter, expected were {expected:?}"));
        }
        if self.scene.goes_back
            && self.error.is_none()
            && now == id("one")
            && refused != [id("two")].into()
        {
            return Err(format!("it went back and remembers {refused:?}"));
        }
        // Whatever is at the path, it can be rolled back to the previous one.
        match start {
            Start::OnTrial { installed, .. } => goes_back(installed, sandbox),
            Start::Beside { trial, .. } => takes_its_place(trial, now, sandbox),
            _ if now == id("one") || self.scene.name == "commit over" => Ok(()),
            _ if self.scene.is_beside() => match target.roll_back() {
                Ok(restored) if restored.id() == id("one") => Ok(()),
                other => Err(format!("rollback: {other:?}")),
            },
            _ if !was_committed(sandbox) => Err("the trial is forgotten".into()),
            _ => match target.roll_back() {
                Ok(restored) if restored.id() == id("one") => Ok(()),
                other => Err(format!("rollback: {other:?}")),
            },
        }
    }
}

/// Whether the record was removed by the run, which it is when nothing is on trial or refused.
fn was_committed(sandbox: &Sandbox) -> bool {
    let trace = fs::read_to_string(sandbox.join("../trace")).unwrap();
    let removed = |line: &str| line.contains("unlink") && line.contains(".selfup-record\"");
    trace.lines().any(|line| removed(line) && line.ends_with(" = 0"))
}

/// What is still on trial can be committed, and gone back from.
fn takes_its_place(trial: Trial, before: Id, sandbox: &Sandbox) -> Result<(), String> {
    let new = trial.id();
    let committed = trial.commit().map_err(|failed| failed.to_string())?;
    if committed.warning().is_some() || at_the_path(sandbox)? != new {
        return Err(format!("committed was {committed:?}"));
    }
    let restored = sandbox.target().roll_back().map_err(|error| error.to_string())?;
    if (restored.id(), at_the_path(sandbox)?) != (before, before) {
        return Err(format!("rolled back to {restored:?}"));
    }
    Ok(())
}

fn goes_back(installed: Installed, sandbox: &Sandbox) -> Result<(), String> {
    installed.roll_back("it failed").map_err(|failed| failed.to_string())?;
    match at_the_path(sandbox)? {
        now if now == id("one") => Ok(()),
        now => Err(format!("rolled back to {now}")),
    }
}

fn id(version: &str) -> Id {
    Id::of(&probe_script(version)[..]).unwrap()
}

/// The version at the path, if it is whole and can be executed.
fn at_the_path(sandbox: &Sandbox) -> Result<Id, String> {
    let path: &Path = &sandbox.app();
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.mode() & 0o7777 != 0o755 {
        return Err(format!("mode {:o}", metadata.mode()));
    }
    if nix::unistd::geteuid().is_root() && metadata.uid() != OWNER {
        return Err(format!("owner {}", metadata.uid()));
    }
    let now = Id::of(File::open(path).unwrap()).unwrap();
    match ["one", "two", "three"].map(id).contains(&now) {
        true => Ok(now),
        false => Err(format!("neither the old nor the new: {now}")),
    }
}

#[test]
fn the_path_has_a_whole_executable_after_any_kill_or_failure() {
    if !has_program("strace") || !has_program("python3") {
        return;
    }
    let mut points = Vec::new();
    let templates: Vec<_> = SCENES.iter().map(Scene::template).collect();
    for template in &templates {
        for (call, number, errors) in template.calls() {
            let errors = errors.iter().copied().map(Some);
            for error in std::iter::once(None).chain(errors) {
                let (scene, call) = (template.scene, call.clone());
                points.push(Point { template, scene, call, number, error });
            }
        }
    }
    let kills = points.iter().filter(|point| point.error.is_none()).count();
    println!("{kills} points to be killed at, {} failing calls", points.len() - kills);
    assert!(kills > 100 && points.len() > 3 * kills, "{kills} of {}", points.len());

    let (left, broken) = (Mutex::new(points.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(point) = { left.lock().unwrap().next() } {
                    if let Err(why) = point.hold() {
                        broken.lock().unwrap().push(format!("{point}: {why}"));
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{} points do not hold:\n{}", broken.len(), broken.join("\n"));
}
