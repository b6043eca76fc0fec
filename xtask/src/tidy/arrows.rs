//! Which of our crates may use which: arrows point down only.
//!
//! The facade uses the leaves and the fetchers; a fetcher uses `selfup-fetch`; a leaf uses none of
//! ours, so that each of them can be used alone.

use super::Finding;
use crate::workspace::Package;

const FACADE: &str = "selfup";
const LEAVES: &[&str] = &["selfup-fds", "selfup-signals", "selfup-install", "selfup-fetch"];
const FETCHERS: &str = "selfup-fetch-";

pub(super) fn check<'a>(packages: impl Iterator<Item = &'a Package>) -> Vec<Finding> {
    let packages: Vec<&Package> = packages.collect();
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| package.publishable) {
        for below in package.dependencies.iter().filter(|name| is_ours(name)) {
            if !may_use(&package.name, below) {
                findings.push(Finding::whole(
                    &format!("crates/{}/Cargo.toml", package.name),
                    format!("{} may not depend on {below}: arrows point down only", package.name),
                ));
            }
        }
    }
    findings
}

fn may_use(package: &str, below: &str) -> bool {
    if LEAVES.contains(&package) {
        false
    } else if package.starts_with(FETCHERS) {
        below == "selfup-fetch"
    } else {
        // The facade, and what may come to stand beside it: everything but itself and the tools.
        below != FACADE && below.starts_with(FACADE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            publishable: true,
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            ..Package::default()
        }
    }

    #[test]
    fn down_is_fine() {
        let packages = [
            package("selfup", &["selfup-fds", "selfup-fetch", "selfup-fetch-http", "libc"]),
            package("selfup-fetch-http", &["selfup-fetch", "ureq"]),
            package("selfup-fetch", &["sha1"]),
            package("selfup-fds", &[]),
        ];
        assert_eq!(check(packages.iter()), []);
    }

    #[test]
    fn up_and_sideways_are_not() {
        for (from, to) in [
            ("selfup-fds", "selfup-signals"),
            ("selfup-fetch", "selfup-install"),
            ("selfup-fetch-http", "selfup-install"),
            ("selfup-fetch-http", "selfup-fetch-file"),
            ("selfup-signals", "selfup"),
            ("selfup-fetch-file", "selfup"),
        ] {
            let packages = [package(from, &[to]), package(to, &[])];
            let found = check(packages.iter());
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert!(found[0].message.contains(to));
        }
    }
}
