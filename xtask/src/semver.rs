//! Runs `cargo semver-checks` against the newest release: a patch changes no public interface.

use crate::command::{Result, captured, cargo, program, run as run_command, stdout_of};
use crate::workspace::Workspace;

/// Compares the crates that the newest release had. Without a release, or without the tool, it says so
/// and goes on: the tool takes long to build, and comes built nowhere that CI can rely on.
pub(crate) fn run() -> Result {
    let tags = stdout_of(&mut program("git", &["tag", "--list", "v*", "--merged", "HEAD"]))?;
    let Some(release) = newest(&tags) else {
        println!("there is no tag of a release (v1.2.3) yet, so there is nothing to compare with");
        return Ok(());
    };
    if !captured(&mut cargo(&["semver-checks", "--version"]))?.status.success() {
        println!("NOT compared with {release}: cargo install --locked cargo-semver-checks");
        return Ok(());
    }
    let folders = ["ls-tree", "-d", "--name-only", release, "crates/"];
    let released = stdout_of(&mut program("git", &folders))?;
    let mut command = cargo(&["semver-checks", "--baseline-rev", release]);
    for package in Workspace::load()?.publishable() {
        if released.lines().any(|folder| folder.strip_prefix("crates/") == Some(&package.name)) {
            command.args(["--package", &package.name]);
        }
    }
    run_command(&mut command)
}

/// The tag of the highest version; what is no release, or comes before one, does not count.
fn newest(tags: &str) -> Option<&str> {
    tags.lines().filter_map(|tag| Some((version(tag)?, tag))).max().map(|(_, tag)| tag)
}

fn version(tag: &str) -> Option<[u64; 3]> {
    let numbers: Option<Vec<u64>> =
        tag.strip_prefix('v')?.split('.').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_release_is_the_newest() {
        assert_eq!(newest("v0.9.1\nv0.10.0\nv0.11.0-rc.1\nvendor\n"), Some("v0.10.0"));
        assert_eq!(newest(""), None);
    }
}
