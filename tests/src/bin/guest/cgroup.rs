//! A cgroup for the init alone: in the root of its namespace it moves every process that it finds.

use nix::mount::{MsFlags, mount};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use std::fs;
use std::path::{Path, PathBuf};

/// A new and empty cgroup below this process's own.
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// Mounts the cgroup file system at `at`, for this mount namespace only, wherever else it is or
    /// is not.
    pub(crate) fn make(at: &Path) -> Self {
        let kind = Some("cgroup2");
        mount(kind, at, kind, MsFlags::empty(), None::<&str>).expect("mount cgroup2");
        let cgroups = fs::read_to_string("/proc/self/cgroup").unwrap();
        let own = cgroups.lines().find_map(|line| line.strip_prefix("0::/"));
        let own = own.expect("a process has a place among the cgroups of version 2");
        let path = at.join(own).join(format!("selfup-tests-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The file that takes the number of a process that enters.
    pub(crate) fn processes(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }

    /// Takes it away, with all that was made in it. Its processes are dead, and may not be gone.
    pub(crate) fn remove(self) {
        wait_until("the cgroup to be empty", PATIENCE, || {
            remove_below(&self.0);
            fs::remove_dir(&self.0).is_ok()
        });
    }
}

fn remove_below(cgroup: &Path) {
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path());
            // If it is still in use, so is the one above it, and we come again.
            fs::remove_dir(entry.path()).ok();
        }
    }
}
