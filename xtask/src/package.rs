//! What would go to the registry: complete, described, and able to build on its own.

use crate::command::{Failure, Result, cargo, run as run_command, stdout_of};
use crate::workspace::{Package, Workspace};
use std::path::{Path, PathBuf};
use std::{env, fs};

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
    build(&workspace)
}

/// Packs the crates and builds each from its archive, against the others' archives.
fn build(workspace: &Workspace) -> Result {
    for package in workspace.publishable() {
        forget_unpacked(&format!("{}-{}", package.name, package.version))?;
    }
    let mut args = vec!["package", "--allow-dirty", "--quiet"];
    for package in workspace.publishable() {
        args.extend(["--package", &package.name]);
    }
    run_command(&mut cargo(&args))
}

/// Removes what cargo has unpacked of this archive when it was packed before: of the same name and
/// version, it would be taken for what is packed now. It is in a folder for the passing registry of
/// that time, whose name begins with a dash, since that has no host.
fn forget_unpacked(archive: &str) -> Result {
    let Some(sources) = cargo_home().map(|home| home.join("registry/src")) else { return Ok(()) };
    let folders = fs::read_dir(sources).into_iter().flatten().flatten();
    for folder in folders.filter(|folder| folder.file_name().as_encoded_bytes().starts_with(b"-")) {
        let unpacked = folder.path().join(archive);
        if unpacked.exists() {
            fs::remove_dir_all(&unpacked)
                .map_err(|error| Failure::new(format!("{}: {error}", unpacked.display())))?;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo and the shell tell it")]
fn cargo_home() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
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
    fn a_described_crate_passes() {
        assert_eq!(undescribed(&described()), Vec::<String>::new());
    }

    #[test]
    fn every_gap_is_told() {
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
