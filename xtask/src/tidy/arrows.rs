//! Checks which crate uses which: dependencies point down only.

use super::Finding;
use crate::workspace::Package;

/// From the bottom up: each crate, and which of ours it may use. `*` stands for the rest of a name.
const ARROWS: &[(&str, &[&str])] = &[
    ("selfup-fds", &[]),
    ("selfup-signals", &[]),
    ("selfup-install", &[]),
    ("selfup-fetch", &[]),
    ("selfup-channel", &[]),
    ("selfup-control", &[]),
    ("selfup-lifecycle", &["selfup-signals"]),
    ("selfup-fetch-*", &["selfup-fetch"]),
    ("selfup-program", &["selfup-channel", "selfup-fds", "selfup-install", "selfup-signals"]),
    ("selfup-tokio", &["selfup-program"]),
    ("selfup-actix", &["selfup-program"]),
    (
        "selfup-master",
        &[
            "selfup-channel",
            "selfup-control",
            "selfup-fds",
            "selfup-fetch",
            "selfup-install",
            "selfup-lifecycle",
            "selfup-program",
            "selfup-signals",
        ],
    ),
    (
        "selfup-handoff",
        &[
            "selfup-channel",
            "selfup-fds",
            "selfup-fetch",
            "selfup-install",
            "selfup-master",
            "selfup-program",
            "selfup-signals",
        ],
    ),
    (
        "selfup",
        &[
            "selfup-control",
            "selfup-fds",
            "selfup-fetch*",
            "selfup-install",
            "selfup-lifecycle",
            "selfup-master",
            "selfup-program",
            "selfup-signals",
        ],
    ),
];

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
    // What has a line of its own is not meant by a pattern.
    let exact = ARROWS.iter().find(|(name, _)| *name == package);
    let row = exact.or_else(|| ARROWS.iter().find(|(name, _)| is_meant(name, package)));
    row.is_some_and(|(_, may)| may.iter().any(|name| is_meant(name, below)))
}

fn is_meant(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
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
            package("selfup", &["selfup-lifecycle", "selfup-fetch", "selfup-fetch-http", "libc"]),
            package("selfup-lifecycle", &["selfup-signals"]),
            package("selfup-signals", &[]),
            package("selfup-tokio", &["selfup-program", "tokio"]),
            package("selfup-program", &["selfup-fds"]),
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
            ("selfup-lifecycle", "selfup-fds"),
            ("selfup-unheard-of", "selfup-fds"),
            ("selfup-fetch", "selfup-install"),
            ("selfup-fetch-http", "selfup-install"),
            ("selfup-fetch-http", "selfup-fetch-file"),
            ("selfup-signals", "selfup"),
            ("selfup-fetch-file", "selfup"),
            ("selfup", "selfup-tokio"),
            ("selfup-tokio", "selfup-handoff"),
            ("selfup-tokio", "selfup-master"),
            ("selfup-program", "selfup-master"),
        ] {
            let packages = [package(from, &[to]), package(to, &[])];
            let found = check(packages.iter());
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert!(found[0].message.contains(to));
        }
    }
}
