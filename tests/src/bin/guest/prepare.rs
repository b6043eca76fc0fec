//! Covers what an init would clean or fill, and protects everything else.

use super::mounts;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;
use selfup_tests::systemd::LOG;
use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::str::FromStr;

/// A part of the preparation, so that one can be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Mounts do not reach the host.
    Private,
    /// The host's file systems cannot be written.
    ReadOnly,
    /// A new file system at this path.
    Cover(String),
    /// The file system of the cgroups shows those of this namespace.
    Cgroup,
    /// Nothing: what is left out if all is to be there.
    Nothing,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "private" => Self::Private,
            "read-only" => Self::ReadOnly,
            "cgroup" => Self::Cgroup,
            "nothing" => Self::Nothing,
            path if path.starts_with('/') => Self::Cover(path.to_owned()),
            _ => return Err(format!("there is no part {word}")),
        })
    }
}

/// Where the init may write, besides the folder. `/proc` is new and has no files.
pub(crate) const OWN: [&str; 8] = [
    "/run",
    "/tmp",
    "/var/tmp",
    "/etc/systemd",
    "/sys/fs/cgroup",
    "/dev/kmsg",
    "/dev/console",
    "/proc",
];

/// Settings of the kernel that are there once for all namespaces.
const KERNEL: [&str; 2] = ["/proc/sys", "/proc/sysrq-trigger"];

pub(crate) fn prepare(folder: &Path, without: &Part) {
    // This copy was private before, so no other process shares it.
    let propagation =
        if *without == Part::Private { MsFlags::MS_SHARED } else { MsFlags::MS_PRIVATE };
    change("/", MsFlags::MS_REC | propagation);
    // It is found by this when its path is covered.
    let own = open(folder, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).unwrap();
    let own = format!("/proc/self/fd/{}", own.as_raw_fd());
    if *without != Part::ReadOnly {
        protect_all();
    }
    for path in ["/run", "/tmp", "/var/tmp"] {
        if *without != Part::Cover(path.to_owned()) {
            cover(path, "tmpfs");
        }
    }
    if *without != Part::Cgroup {
        cover("/sys/fs/cgroup", "cgroup2");
    }
    if Path::new("/etc/systemd").exists() {
        cover("/etc/systemd", "tmpfs");
    }
    fs::create_dir_all(folder).unwrap();
    bind(&own, &folder.to_string_lossy());
    change(&folder.to_string_lossy(), MsFlags::MS_REMOUNT | MsFlags::MS_BIND);
    for (path, instead) in [("/dev/kmsg", &*format!("{own}/{LOG}")), ("/dev/console", "/dev/null")]
    {
        if Path::new(path).exists() {
            bind(instead, path);
        }
    }
}

/// Some are covered by others and cannot be reached; which are left is seen afterwards.
fn protect_all() {
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    for mounted in mounts::all() {
        if mounted.at != "/proc" && !mounted.at.starts_with("/proc/") {
            let flags = read_only | kept(&mounted.options);
            mount(None::<&str>, &*mounted.at, None::<&str>, flags, None::<&str>).ok();
        }
    }
    for path in KERNEL.into_iter().filter(|path| Path::new(path).exists()) {
        bind(path, path);
        change(path, read_only);
    }
}

/// A remount takes away what it does not name.
fn kept(options: &[String]) -> MsFlags {
    let named = [
        ("nosuid", MsFlags::MS_NOSUID),
        ("nodev", MsFlags::MS_NODEV),
        ("noexec", MsFlags::MS_NOEXEC),
    ];
    let kept = named.into_iter().filter(|(name, _)| options.iter().any(|option| option == name));
    kept.map(|(_, flag)| flag).collect()
}

fn cover(path: &str, kind: &str) {
    mount(Some(kind), path, Some(kind), MsFlags::empty(), None::<&str>)
        .unwrap_or_else(|error| panic!("mount {kind} at {path}: {error}"));
}

fn bind(from: &str, to: &str) {
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .unwrap_or_else(|error| panic!("mount {from} at {to}: {error}"));
}

fn change(path: &str, flags: MsFlags) {
    mount(None::<&str>, path, None::<&str>, flags, None::<&str>)
        .unwrap_or_else(|error| panic!("change the mount at {path} to {flags:?}: {error}"));
}
