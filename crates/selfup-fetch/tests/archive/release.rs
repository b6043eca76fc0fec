//! The files that a publisher packs, and the commands that pack them.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use crate::support::{has_program, program};

/// A release as it is published, with `bin/app` in it and much besides.
pub(crate) struct Release {
    directory: TempDir,
    pub(crate) app: Vec<u8>,
}

impl Release {
    pub(crate) fn new(size: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let release = Self { directory, app: program(size) };
        release.put("app-1.2/README", 0o644, b"read me");
        release.put("app-1.2/completions/app", 0o644, b"complete -c app");
        let deep = format!("app-1.2/doc/{}/{}", "long".repeat(30), "page".repeat(30));
        release.put(&deep, 0o644, b"deep down");
        release.put("app-1.2/bin/app", 0o755, &release.app);
        release.put("app-1.2/libexec/helper", 0o755, b"help");
        release.put("app-1.2/empty", 0o644, b"");
        symlink("bin/app", release.path().join("app-1.2/app")).unwrap();
        release
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn put(&self, name: &str, mode: u32, content: &[u8]) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What the command, run above the release, writes to its output.
    pub(crate) fn packed(&self, command: &[&str]) -> Option<Vec<u8>> {
        let program = if command[0] == "sh" { "zip" } else { command[0] };
        if !has_program(program) {
            return None;
        }
        let mut process = Command::new(command[0]);
        let output = process.args(&command[1..]).current_dir(self.path()).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {complaint}");
        Some(output.stdout)
    }
}

pub(crate) const TARS: [&[&str]; 5] = [
    &["tar", "-c", "--format=gnu", "app-1.2"],
    &["tar", "-c", "--format=pax", "./app-1.2"],
    &["tar", "-c", "--format=pax", "--sort=name", "app-1.2", "--xattrs", "--acls"],
    &["tar", "-c", "--format=ustar", "--exclude=doc", "app-1.2"],
    &["tar", "-c", "--format=v7", "--exclude=doc", "app-1.2"],
];
/// To a pipe, where sizes follow the content, and into files.
pub(crate) const ZIPS: [&[&str]; 4] = [
    &["zip", "-qr", "-", "app-1.2", "-x", "app-1.2/app"],
    &["sh", "-c", "zip -qry9 -fz z.zip app-1.2 && cat z.zip && rm z.zip"],
    &["sh", "-c", "zip -qry0 0.zip app-1.2 && cat 0.zip && rm 0.zip"],
    &["sh", "-c", "echo 'a comment' | zip -qrDyz c.zip app-1.2 >&2 && cat c.zip && rm c.zip"],
];
