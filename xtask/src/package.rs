//! Checks that each package for the registry is complete and described, and lays out what is in it.

use crate::command::{Failure, Result, cargo, program, run as run_command, stdout_of};
use crate::workspace::{self, Package, Workspace};
use std::fs;
use std::path::{Path, PathBuf};

/// Files that every published crate carries.
const CARRIED: &[&str] = &["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(crate) fn run() -> Result {
    let workspace = Workspace::load()?;
    let mut complaints = Vec::new();
    for package in workspace.publishable() {
        complaints.extend(undescribed(package));
        complaints.extend(missing_files(package)?);
    }
    if !complaints.is_empty() {
        return Err(Failure::new(complaints.join("\n")));
    }
    Ok(())
}

/// Packs the crates, unpacks each beside the others, and returns the manifest of the workspace that
/// they are.
pub(crate) fn unpacked(workspace: &Workspace) -> Result<PathBuf> {
    let mut args = vec!["package", "--allow-dirty", "--no-verify", "--quiet"];
    for package in workspace.publishable() {
        args.extend(["--package", &package.name]);
    }
    run_command(&mut cargo(&args))?;
    let unpacked = workspace.target().join("unpacked");
    unpack(workspace, &unpacked)?;
    Ok(unpacked.join("Cargo.toml"))
}

/// Lays the archives beside each other, as a workspace in which each is there for the others.
fn unpack(workspace: &Workspace, folder: &Path) -> Result {
    let failed = |error| Failure::new(format!("{}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir(folder).map_err(failed)?;
    let mut manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n\n".to_owned();
    manifest += "[patch.crates-io]\n";
    for package in workspace.publishable() {
        let name = format!("{}-{}", package.name, package.version);
        let archive = workspace.target().join(format!("package/{name}.crate"));
        // As new: in an archive, every file has the same time, and cargo would see no change.
        let mut tar = program("tar", &["--extract", "--touch", "--gzip", "--directory"]);
        stdout_of(tar.arg(folder).arg("--file").arg(archive))?;
        manifest += &format!("{} = {{ path = \"{name}\" }}\n", package.name);
    }
    let ours = fs::read_to_string(workspace::root().join("Cargo.toml")).map_err(failed)?;
    manifest += &profiles(&ours);
    fs::copy(workspace::root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .and_then(|_| fs::write(folder.join("Cargo.toml"), manifest))
        .map_err(failed)
}

/// How the workspace compiles what others have made: alike, it need not be compiled again.
fn profiles(manifest: &str) -> String {
    let sections = manifest.split("\n[").filter(|section| section.starts_with("profile."));
    let foreign = sections.filter(|section| !section.contains(".selfup"));
    foreign.map(|section| format!("\n[{section}\n")).collect()
}

/// What the registry's page of this crate would lack.
fn undescribed(package: &Package) -> Vec<String> {
    let checks = [
        (package.description.is_some(), "has no description"),
        (package.license.as_deref() == Some("MIT OR Apache-2.0"), "is not MIT OR Apache-2.0"),
        (package.readme.as_deref() == Some("README.md"), "does not name README.md as its readme"),
        (package.rust_version.is_some(), "has no rust-version"),
        (!package.categories.is_empty(), "has no categories"),
        (!package.keywords.is_empty(), "has no keywords"),
        (package.keywords.len() <= 5, "has more than the 5 keywords a registry takes"),
        (
            package.keywords.iter().all(|keyword| keyword.len() <= 20),
            "has a keyword of more than the 20 characters a registry takes",
        ),
    ];
    checks
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, complaint)| format!("{} {complaint}", package.name))
        .collect()
}

fn missing_files(package: &Package) -> Result<Vec<String>> {
    let list =
        stdout_of(&mut cargo(&["package", "--allow-dirty", "--list", "--package", &package.name]))?;
    Ok(CARRIED
        .iter()
        .filter(|file| !list.lines().any(|line| line == **file))
        .map(|file| format!("{} would be published without {file}", package.name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Package {
        Package {
            name: "sample".to_owned(),
            description: Some("does one thing".to_owned()),
            license: Some("MIT OR Apache-2.0".to_owned()),
            readme: Some("README.md".to_owned()),
            rust_version: Some("1.85".to_owned()),
            categories: vec!["os".to_owned()],
            keywords: vec!["socket".to_owned()],
            ..Package::default()
        }
    }

    #[test]
    fn profiles_of_other_packages_are_taken_over() {
        let manifest = "[a]\nb = 1\n[profile.dev.package.sha2]\nopt-level = 3\n\
                        [profile.dev.package.selfup-load]\nopt-level = 3\n";
        assert_eq!(profiles(manifest), "\n[profile.dev.package.sha2]\nopt-level = 3\n");
    }

    #[test]
    fn a_described_crate_passes() {
        assert_eq!(undescribed(&described()), Vec::<String>::new());
    }

    #[test]
    fn every_gap_is_reported() {
        let complaints = undescribed(&Package { name: "bare".to_owned(), ..Package::default() });
        assert_eq!(complaints.len(), 6, "{complaints:?}");
        assert!(complaints.contains(&"bare has no description".to_owned()));
    }

    #[test]
    fn the_registry_s_bounds_on_keywords_hold() {
        let keywords = vec!["a-keyword-that-is-too-long".to_owned(); 6];
        let complaints = undescribed(&Package { keywords, ..described() });
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }
}
