//! Checks every crate alone, and every feature of it alone, as they would be published.
//!
//! A build of the whole workspace unites the features that each member asks of a dependency, so a
//! crate that forgot one still compiles there. On its own, as its users build it, it does not.

use crate::command::{Result, cargo, run as run_command};
use crate::package;
use crate::workspace::{Package, Workspace};

/// A crate, and one that it is checked beside. They share no dependency of which the first has to name
/// features; but some that are below both then have the same features as in the checks of the facade,
/// and what is built upon them is not compiled again: a minute, for S3.
const BESIDE: &[(&str, &str)] = &[("selfup-fetch-s3", "selfup-signals")];

/// Checks them all, the later ones too when an earlier one failed.
pub(crate) fn run() -> Result {
    let workspace = Workspace::load()?;
    let manifest = package::unpacked(&workspace)?.display().to_string();
    let mut outcome = Ok(());
    for package in workspace.publishable() {
        for selection in selections(package) {
            let mut check = cargo(&["check", "--quiet", "--manifest-path", &manifest]);
            check.env("CARGO_TARGET_DIR", workspace.target()).args(selection);
            outcome = outcome.and(run_command(&mut check));
        }
    }
    outcome
}

/// The feature flags of each build worth making: none, and each feature on its own. All together are
/// what clippy and rustdoc look at.
fn selections(package: &Package) -> Vec<Vec<String>> {
    let own = package.features.iter().filter(|name| *name != "default");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let beside = BESIDE.iter().filter(|(name, _)| *name == package.name);
    let mut alone = words(&["--package", &package.name]);
    alone.extend(beside.flat_map(|(_, other)| words(&["--package", other])));
    alone.push("--no-default-features".to_owned());
    let with = |feature: &String| [&alone[..], &words(&["--features", feature])].concat();
    let selections = own.map(with).collect::<Vec<_>>();
    [vec![alone], selections].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(name: &str, features: &[&str]) -> Vec<String> {
        let features = features.iter().map(|name| (*name).to_owned()).collect();
        let package = Package { name: name.to_owned(), features, ..Package::default() };
        selections(&package).iter().map(|selection| selection.join(" ")).collect()
    }

    #[test]
    fn a_crate_without_features_is_checked_once() {
        assert_eq!(flags("sample", &[]), ["--package sample --no-default-features"]);
    }

    #[test]
    fn none_and_each_but_never_the_default_by_name() {
        assert_eq!(
            flags("sample", &["default", "file", "http"]),
            [
                "--package sample --no-default-features",
                "--package sample --no-default-features --features file",
                "--package sample --no-default-features --features http",
            ]
        );
    }

    #[test]
    fn one_that_is_checked_beside_another_is_so_with_each_feature() {
        assert_eq!(
            flags("selfup-fetch-s3", &["manifest"]),
            [
                "--package selfup-fetch-s3 --package selfup-signals --no-default-features",
                "--package selfup-fetch-s3 --package selfup-signals --no-default-features \
                 --features manifest",
            ]
        );
    }
}
