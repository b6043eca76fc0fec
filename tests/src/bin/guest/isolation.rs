//! Checks whether an init in this process could reach anything of the host.

use super::host::{COVERED, Host};
use super::mounts::{self, Mounted};
use super::prepare::OWN;
use nix::sys::statvfs::{FsFlags, statvfs};
use std::path::Path;

/// What is missing, a line each; with none, an init may start. `folder` is its own.
pub(crate) fn missing(host: &Host, folder: &Path) -> Vec<String> {
    let mut missing: Vec<String> =
        host.shares(&Host::look()).map(|what| format!("{what} is the host's")).collect();
    if std::process::id() != 1 {
        missing.push(format!("this is process {}, not 1", std::process::id()));
    }
    // In the root of all cgroups, and nowhere else, there is no such file.
    if !Path::new("/sys/fs/cgroup/cgroup.type").exists() {
        missing.push("/sys/fs/cgroup is no cgroup below the root".to_owned());
    }
    missing.extend(of_mounts(&mounts::all(), |path| can_be_written(path, folder)));
    missing
}

fn of_mounts(mounts: &[Mounted], can_be_written: impl Fn(&str) -> bool) -> Vec<String> {
    let mut missing = Vec::new();
    for mounted in mounts {
        if !mounted.propagation.is_empty() {
            let what = mounted.propagation.join(" ");
            missing.push(format!("what is mounted at {} does not stay here: {what}", mounted.at));
        }
        if can_be_written(&mounted.at) {
            missing.push(format!("{} can be written", mounted.at));
        }
    }
    for (path, kind) in
        COVERED.map(|path| (path, "tmpfs")).into_iter().chain([("/sys/fs/cgroup", "cgroup2")])
    {
        let on_top = mounts.iter().rfind(|mounted| mounted.at == path);
        if on_top.is_none_or(|mounted| mounted.kind != kind) {
            missing.push(format!("no {kind} is mounted at {path}"));
        }
    }
    missing
}

/// Asked of the path, not of the line: what is covered cannot be written either.
fn can_be_written(path: &str, folder: &Path) -> bool {
    let ours = OWN.contains(&path) || Path::new(path).starts_with(folder);
    !ours && statvfs(path).is_ok_and(|found| !found.flags().contains(FsFlags::ST_RDONLY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "1 0 254:0 / / ro - ext4 /dev/vda rw\n\
                        2 1 0:41 / /run rw - tmpfs tmpfs rw\n\
                        3 1 0:42 / /tmp rw - tmpfs tmpfs rw\n\
                        4 1 0:43 / /var/tmp rw - tmpfs tmpfs rw\n\
                        5 1 0:44 / /sys/fs/cgroup rw - cgroup2 none rw";

    fn found(text: &str) -> Vec<String> {
        of_mounts(&mounts::parse(text), |path| path == "/home")
    }

    #[test]
    fn nothing_is_missing_where_all_is_covered() {
        assert_eq!(found(GOOD), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_missing_is_found() {
        for (from, to, expected) in [
            ("/ /run rw", "/ /elsewhere rw", "no tmpfs is mounted at /run"),
            ("/ /tmp rw - tmpfs", "/ /tmp rw - ext4", "no tmpfs is mounted at /tmp"),
            ("/ /var/tmp rw", "/ /var/log ro", "no tmpfs is mounted at /var/tmp"),
            ("- cgroup2", "- tmpfs", "no cgroup2 is mounted at /sys/fs/cgroup"),
            ("/ / ro", "/ / ro shared:1", "what is mounted at / does not stay here: shared:1"),
            (
                "1 0 254:0",
                "9 1 254:1 / /home rw - ext4 /dev/vdb rw\n1 0 254:0",
                "/home can be written",
            ),
        ] {
            assert_eq!(found(&GOOD.replacen(from, to, 1)), [expected], "{from} -> {to}");
        }
        let covered_again = format!("{GOOD}\n6 3 254:0 /tmp /tmp rw - ext4 /dev/vda rw");
        assert_eq!(found(&covered_again), ["no tmpfs is mounted at /tmp"]);
    }
}
