//! Determines whether a package manager owns a path, without running a program.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The owner of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This package.
    Known(String),
    /// Probably a package, by the place of the path.
    Likely,
}

/// The databases of rpm, which only rpm can read.
const RPM: [&str; 4] = [
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
];

/// The places where no package puts files, by the Filesystem Hierarchy Standard and Debian's policy.
const NEVER_PACKAGED: [&str; 9] =
    ["/dev", "/home", "/media", "/mnt", "/proc", "/root", "/run", "/tmp", "/usr/local"];

/// Looks the path up in the databases of the package managers below `root`. These are hundreds of files, so
/// this is done only for places where a package may put files.
pub(crate) fn owner(root: &Path, path: &Path) -> Option<Owner> {
    if NEVER_PACKAGED.iter().any(|place| path.starts_with(place)) {
        return None;
    }
    if let Some(package) = debian(&root.join("var/lib/dpkg/info"), path) {
        return Some(Owner::Known(package));
    }
    let is_theirs = path.starts_with("/usr");
    let has_rpm = || RPM.iter().any(|database| root.join(database).exists());
    (is_theirs && has_rpm()).then_some(Owner::Likely)
}

/// Searches Debian's lists: a file for each package, `NAME.list` or `NAME:ARCHITECTURE.list`, with a path on each
/// line.
fn debian(lists: &Path, path: &Path) -> Option<String> {
    let paths = spellings(path);
    for entry in fs::read_dir(lists).ok()?.flatten() {
        let list = entry.path();
        if list.extension() == Some(OsStr::new("list")) && names(&list, &paths) {
            return Some(list.file_stem()?.to_string_lossy().into_owned());
        }
    }
    None
}

/// Returns the ways in which a package may spell the path: `/bin/app` may be `/usr/bin/app` today.
fn spellings(path: &Path) -> Vec<PathBuf> {
    let merged = ["bin", "sbin", "lib", "lib64"];
    let short = path
        .strip_prefix("/usr")
        .ok()
        .filter(|rest| merged.iter().any(|directory| rest.starts_with(directory)));
    let short = short.map(|rest| Path::new("/").join(rest));
    std::iter::once(path.to_owned()).chain(short).collect()
}

fn names(list: &Path, paths: &[PathBuf]) -> bool {
    let Ok(file) = File::open(list) else { return false };
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let named = line.strip_suffix(b"\n").unwrap_or(&line);
        if paths.iter().any(|path| path.as_os_str().as_bytes() == named) {
            return true;
        }
        line.clear();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("var/lib/dpkg/info")).unwrap();
        root
    }

    #[test]
    fn a_debian_package_is_found_by_its_list() {
        let root = root();
        let put = |name: &str, content: &str| {
            fs::write(root.path().join("var/lib/dpkg/info").join(name), content).unwrap();
        };
        put("other.list", "/.\n/usr\n/usr/bin\n/usr/bin/apple\n");
        put("app:amd64.list", "/.\n/usr/bin/app\n/usr/local/bin/app\n/bin/old");
        put("app:amd64.md5sums", "/usr/bin/sums\n");
        let of = |path: &str| owner(root.path(), Path::new(path));
        assert_eq!(of("/usr/bin/app"), Some(Owner::Known("app:amd64".into())));
        assert_eq!(of("/usr/bin/old"), Some(Owner::Known("app:amd64".into())));
        // The last two places belong to no package.
        for path in
            ["/usr/bin/appl", "/usr/bin/sums", "/opt/usr/bin/app", "/app", "/usr/local/bin/app"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }

    #[test]
    fn with_rpm_a_package_is_likely_by_the_place() {
        let root = root();
        let of = |path: &str| owner(root.path(), Path::new(path));
        assert_eq!(of("/usr/bin/app"), None);
        fs::create_dir_all(root.path().join("var/lib/rpm")).unwrap();
        fs::write(root.path().join("var/lib/rpm/rpmdb.sqlite"), "").unwrap();
        assert_eq!(of("/usr/bin/app"), Some(Owner::Likely));
        assert_eq!(of("/usr/local/bin/app"), None);
        assert_eq!(of("/opt/app"), None);
    }
}
