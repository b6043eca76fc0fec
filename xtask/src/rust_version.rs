//! Checks that the compiler version that each crate promises can build its dependencies.
//!
//! The graph is the one a user of that crate alone gets, with its default features. That the
//! crate's own code keeps to the promise is clippy's part (`incompatible_msrv`).

use crate::command::{Failure, Result, cargo, stdout_of};
use crate::workspace::{Package, Workspace};

pub(crate) fn run() -> Result {
    let workspace = Workspace::load()?;
    let mut complaints = Vec::new();
    for package in workspace.ours() {
        let Some(promised) = package.rust_version.as_deref().and_then(Version::parse) else {
            complaints.push(format!("{} has no rust-version", package.name));
            continue;
        };
        let needed = highest_below(&workspace, package)?;
        match &needed {
            Some((needed, culprit)) if *needed > promised => complaints.push(format!(
                "{} promises Rust {promised}, but {culprit} asks for {needed}",
                package.name
            )),
            _ => println!("{:<20} promises {promised}{}", package.name, slack(needed.as_ref())),
        }
    }
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(complaints.join("\n"))),
    }
}

fn slack(needed: Option<&(Version, String)>) -> String {
    match needed {
        Some((needed, culprit)) => format!(", needs {needed} for {culprit}"),
        None => String::new(),
    }
}

/// The newest compiler that anything below the package asks for, and which package asks.
fn highest_below(workspace: &Workspace, package: &Package) -> Result<Option<(Version, String)>> {
    let tree = stdout_of(&mut cargo(&[
        "tree",
        "--package",
        &package.name,
        // Build scripts are compiled by the same compiler.
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}",
    ]))?;
    Ok(tree
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (name, version) = name_and_version(line)?;
            let below = workspace.find(name, version)?;
            let needed = Version::parse(below.rust_version.as_deref()?)?;
            Some((needed, format!("{name} {version}")))
        })
        .max())
}

/// `libc v0.2.180 (proc-macro)` → `libc`, `0.2.180`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// `1.85` or `1.85.0`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        parts.next().is_none().then_some(version)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.2 {
            0 => write!(f, "{}.{}", self.0, self.1),
            patch => write!(f, "{}.{}.{patch}", self.0, self.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.100") > version("1.88.1"));
        assert_eq!(version("1.85"), version("1.85.0"));
        assert_eq!(version("1.85").to_string(), "1.85");
        assert_eq!(Version::parse("1"), None);
        assert_eq!(Version::parse("1.2.3.4"), None);
        assert_eq!(Version::parse("stable.1"), None);
    }

    #[test]
    fn lines_of_the_tree_are_read() {
        assert_eq!(name_and_version("libc v0.2.180"), Some(("libc", "0.2.180")));
        assert_eq!(name_and_version("x v1.0.0 (/some/where)"), Some(("x", "1.0.0")));
        assert_eq!(name_and_version(""), None);
    }
}
