//! Which of our crates may use which: arrows point down only.
//!
//! A leaf uses none of ours, so that each can be used alone; a fetcher uses `selfup-fetch`; the
//! facade uses the leaves and the fetchers; what is built on the facade uses it and the leaves.

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
            // In its own tests, with features turned on.
            if *below != package.name && !may_use(&package.name, below) {
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
    let is_leaf = |name| LEAVES.contains(&name);
    let is_fetcher = |name: &str| name.starts_with(FETCHERS);
    if is_leaf(package) {
        false
    } else if is_fetcher(package) {
        below == "selfup-fetch"
    } else if package == FACADE {
        is_leaf(below) || is_fetcher(below)
    } else {
        below == FACADE || is_leaf(below)
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
            package("selfup-tokio", &["selfup", "selfup-fds", "tokio"]),
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
            ("selfup", "selfup-tokio"),
            ("selfup-tokio", "selfup-handoff"),
        ] {
            let packages = [package(from, &[to]), package(to, &[])];
            let found = check(packages.iter());
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert!(found[0].message.contains(to));
        }
    }
}
