//! Checks every crate alone, and every feature of it alone.
//!
//! A build of the whole workspace unites the features that each member asks of a dependency, so a
//! crate that forgot one still compiles there. On its own, as its users build it, it does not.

use crate::command::{Result, cargo, run as run_command};
use crate::workspace::{Package, Workspace};

/// Checks them all, the later ones too when an earlier one failed.
pub(crate) fn run() -> Result {
    let workspace = Workspace::load()?;
    let mut outcome = Ok(());
    for package in workspace.publishable() {
        for selection in selections(package) {
            let mut args = vec!["check", "--quiet", "--package", &package.name];
            args.extend(selection.iter().map(String::as_str));
            outcome = outcome.and(run_command(&mut cargo(&args)));
        }
    }
    outcome
}

/// The feature flags of each build worth making: none, and each feature on its own. All together are
/// what clippy and rustdoc look at.
fn selections(package: &Package) -> Vec<Vec<String>> {
    let own = package.features.iter().filter(|name| *name != "default");
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut selections = vec![words(&["--no-default-features"])];
    for feature in own {
        selections.push(words(&["--no-default-features", "--features", feature]));
    }
    selections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(features: &[&str]) -> Vec<String> {
        let features = features.iter().map(|name| (*name).to_owned()).collect();
        let package = Package { features, ..Package::default() };
        selections(&package).iter().map(|selection| selection.join(" ")).collect()
    }

    #[test]
    fn a_crate_without_features_is_checked_once() {
        assert_eq!(flags(&[]), ["--no-default-features"]);
    }

    #[test]
    fn none_and_each_but_never_the_default_by_name() {
        assert_eq!(
            flags(&["default", "file", "http"]),
            [
                "--no-default-features",
                "--no-default-features --features file",
                "--no-default-features --features http",
            ]
        );
    }
}
