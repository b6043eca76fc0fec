//! Where the service runs: a folder whose disk is small, and a clock that can be moved.

use super::disturbance::Damage;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_child_subreaper;
use nix::unistd::{getgid, getuid};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use xtask_support::command;
use xtask_support::stop::{Result, Stop};

/// Executables that the service's disk has room for: what runs, what ran before, and what comes.
const ROOM: u64 = 6;

/// As root there is no limit of processes: the service runs as another user, which has no other
/// processes. It may go where root may, since the folder may be below one that is for root alone.
const USER: u32 = 64_998;
const AS_USER: [&str; 5] = [
    "--reuid=64998",
    "--regid=64998",
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
];

#[derive(Debug)]
pub(super) struct Stage {
    folder: Option<TempDir>,
    path: PathBuf,
    /// The library that moves the clock.
    faketime: String,
    /// There are other users, and the service runs as one of them.
    has_user: bool,
}

impl Stage {
    /// Makes a mount namespace for this process and all that it starts, so that nothing of it is
    /// seen elsewhere and all of it is gone with the last of them. As another user than root it is
    /// the root of a user namespace. No thread may have been started before.
    pub(super) fn build(target: &Path, executable_size: u64) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("soak-{}-", std::process::id()))
            .tempdir_in(target)
            .map_err(|error| Stop::because(format!("no folder to run in: {error}")))?;
        let path = folder.path().to_owned();
        for name in ["service", "source"] {
            fs::create_dir(path.join(name))
                .map_err(|error| Stop::because(format!("no folder to run in: {error}")))?;
        }
        let has_user = getuid().is_root();
        separate().map_err(|error| {
            Stop::because(format!("no namespace with a small disk can be made: {error}"))
        })?;
        let mut small = format!("size={},mode=755", ROOM * executable_size);
        if has_user {
            small += &format!(",uid={USER},gid={USER}");
        }
        for (at, options) in [(path.join("service"), small.as_str()), ("/dev/shm".into(), "")] {
            // The library that moves the clock leaves its shared memory there when a process is killed.
            mount(Some("none"), &at, Some("tmpfs"), MsFlags::empty(), Some(options))
                .map_err(|errno| Stop::because(format!("{}: no disk: {errno}", at.display())))?;
        }
        set_child_subreaper(true)
            .map_err(|errno| Stop::because(format!("orphans would not come here: {errno}")))?;
        let faketime = faketime()?;
        let stage = Self { folder: Some(folder), path, faketime, has_user };
        stage.set_clock(0)?;
        Ok(stage)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A command that runs here, as the service's user.
    pub(super) fn command(&self, name: &str) -> Command {
        // Where soak was started in the background by a script, it ignores SIGINT and SIGQUIT; a service
        // manager has the service do so with none.
        let mut command = Command::new("env");
        let program = self.as_user(self.path(name));
        command.arg("--default-signal").arg(program.get_program()).args(program.get_args());
        self.prepare(&mut command);
        command
    }

    /// A command as the service's user, which may signal the service even where root may not.
    pub(super) fn as_user(&self, program: impl AsRef<OsStr>) -> Command {
        if !self.has_user {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(AS_USER).arg("--").arg(program);
        command
    }

    /// Gives a file to the service's user.
    pub(super) fn give(&self, file: &Path) -> std::io::Result<()> {
        if self.has_user { chown(file, Some(USER), Some(USER)) } else { Ok(()) }
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.path);
        command.env("LD_PRELOAD", &self.faketime);
        command.env("FAKETIME_TIMESTAMP_FILE", self.path("clock"));
        // Wall clocks jump; the monotonic one does not, nor do the times of files.
        for name in ["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"] {
            command.env(name, "1");
        }
    }

    /// From now on the service's wall clock is off by this much.
    pub(super) fn set_clock(&self, seconds: i64) -> Result {
        let (clock, beside) = (self.path("clock"), self.path("clock.new"));
        let set = fs::write(&beside, format!("{seconds:+}\n"));
        set.and_then(|()| fs::rename(&beside, &clock))
            .map_err(|error| Stop::because(format!("the clock cannot be moved: {error}")))
    }

    /// Sets the damage to one transfer in five from now on.
    pub(super) fn set_damage(&self, damage: Option<Damage>) -> Result {
        let file = self.path("corrupt");
        let set = match damage {
            Some(Damage::Flipped) => fs::write(&file, "flip"),
            Some(Damage::CutShort) => fs::write(&file, "cut"),
            None => fs::remove_file(&file),
        };
        set.map_err(|error| Stop::because(format!("{}: {error}", file.display())))
    }

    pub(super) fn set_hold(&self, hold: bool) -> Result {
        let file = self.path("hold");
        let set = if hold { fs::write(&file, "") } else { fs::remove_file(&file) };
        set.map_err(|error| Stop::because(format!("{}: {error}", file.display())))
    }

    /// The files in the folder of the executable, which is one of them.
    pub(super) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("service")).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }

    /// Leaves the folder there, with the log in it.
    pub(super) fn keep(&mut self) {
        if let Some(folder) = self.folder.take() {
            drop(folder.keep());
        }
    }
}

impl Drop for Stage {
    /// A folder that is a disk cannot be removed. It may be unmounted already.
    fn drop(&mut self) {
        umount2(&self.path("service"), MntFlags::MNT_DETACH).ok();
    }
}

fn separate() -> std::io::Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    let none = None::<&str>;
    if getuid().is_root() {
        unshare(CloneFlags::CLONE_NEWNS)?;
    } else {
        let (user, group) = (getuid(), getgid());
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
    }
    Ok(mount(none, "/", none, private, none)?)
}

/// Where the library is, by the program that comes with it.
fn faketime() -> Result<String> {
    let mut ask = command::program("faketime", &["-m", "-f", "+0", "printenv", "LD_PRELOAD"]);
    Ok(command::stdout_of(&mut ask)?.trim().to_owned())
}
